/** What a semicolon does not end a statement in: a comment, a text, a name in quotes, the body of a function. */
const WHOLE = /--.*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$/g

/**
 * The statements of a file of SQL, one by one: Citus takes no trigger from a message with several. No `begin atomic` may be in
 * it, whose semicolons nothing marks.
 */
export function statementsOf(sql: string): string[] {
  if (/\bbegin atomic\b/i.test(sql.replaceAll(WHOLE, '')))
    throw new Error('begin atomic: give the body as a text instead')
  const ends: number[] = []
  const masked = sql.replaceAll(WHOLE, (part) => ' '.repeat(part.length))
  for (const { index } of masked.matchAll(/;/g)) ends.push(index)
  const pieces = [...ends, sql.length].map((end, index) => ({
    from: index === 0 ? 0 : (ends[index - 1] ?? 0) + 1,
    end,
  }))
  return pieces
    .filter(({ from, end }) => masked.slice(from, end).trim() !== '')
    .map(({ from, end }) => sql.slice(from, end).trim())
}
