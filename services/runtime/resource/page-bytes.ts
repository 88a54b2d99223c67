/**
 * Most bytes of the texts in the rows of one answer. JSON writes a byte of text as at most six (a control character as
 * `\u0001`), so that an answer is less than the 4 MiB that a gRPC client takes by default and the gateway turns into JSON.
 */
export const MOST_BYTES = 512 * 1024

/** A row of `bounded`: the bytes of all rows up to this one. */
export type Summed = { readonly page_bytes: number }

/** The same, of a statement for all columns of a table. */
export type PageRow = Summed & { readonly [column: string]: unknown }

/** The SQL expression for the bytes of texts; the length of a text that is stored elsewhere is known without reading it. */
export function textBytes(...columns: readonly string[]): string {
  return columns.map((column) => `coalesce(octet_length(${column}), 0)`).join(' + ')
}

/**
 * A statement for the rows of another one, in its order, as long as those before them have at most MOST_BYTES: the rows of
 * a page by bytes, and the one after it. `bytes` is the size of a row by its columns. What is left out is neither read
 * from where long texts are stored nor sent.
 */
export function bounded(select: string, bytes: string): string {
  return `select * from (
      select sized.*, (sum(row_bytes) over (rows unbounded preceding))::int as page_bytes, row_number() over () as place
      from (select found.*, ${bytes} as row_bytes from (${select}) found) sized
    ) summed where page_bytes - row_bytes <= ${MOST_BYTES} or place <= 2 order by place`
}

/** How many of the rows of `bounded` are in one answer: those that have at most MOST_BYTES together, and at least one. */
export function withinBytes(rows: readonly Summed[]): number {
  const end = rows.findIndex(({ page_bytes }, index) => index > 0 && page_bytes > MOST_BYTES)
  return end === -1 ? rows.length : end
}
