/**
 * Most bytes of the texts in the rows of one answer. JSON writes a byte of text as at most six (a control character as
 * `\u0001`), so that an answer is less than the 4 MiB that a gRPC client takes by default and the gateway turns into JSON.
 */
export const MOST_BYTES = 512 * 1024

/** A row of `bounded`: the bytes of all rows up to this one. */
export type Summed = { readonly page_bytes: number }

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

/** By what the rows of a page are measured: an SQL expression for the bytes of one, and the columns that it is of. */
export type Size = { readonly bytes: string; readonly columns: readonly string[] }

/** The size of rows by these texts. */
export function sizeOfTexts(...columns: readonly string[]): Size {
  return { bytes: textBytes(...columns), columns }
}

/**
 * A select list of these columns and, last, the bytes of all rows up to this one, in the order in which the FROM item gives
 * them. What is measured is null in rows that are not in a page by its bytes, so that it is neither read from where long
 * texts are stored nor sent.
 */
export function boundedColumns(columns: readonly string[], { bytes, columns: measured }: Size): string {
  const upToHere = `sum(${bytes}) over (rows unbounded preceding)`
  const shown = columns.map((column) =>
    measured.includes(column) ? `case when ${upToHere} - (${bytes}) <= ${MOST_BYTES} then ${column} end` : column,
  )
  return [...shown, upToHere].join(', ')
}

/**
 * How many rows are in one answer: those that have at most MOST_BYTES together, and at least one. `bytesOf` gives the bytes
 * of all rows up to one, and is asked in their order.
 */
export function withinBytes<Row>(rows: readonly Row[], bytesOf: (row: Row) => number): number {
  const end = rows.findIndex((row, index) => bytesOf(row) > MOST_BYTES && index > 0)
  return end === -1 ? rows.length : end
}
