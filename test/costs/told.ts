/** A request of a method as it was measured: the processor time of so many GETs, and how many it may take. */
export type Told = { readonly call: string; readonly gets: number; readonly most: number }

/** The dearest request of each method in the form of Markdown, the dearest first; the last is the cheapest. */
export function tableOf(measured: readonly Told[]): string {
  const byMethod = Map.groupBy(measured, ({ call }) => call.split(' ')[0] ?? '')
  const dearest = [...byMethod].map(([method, all]) => ({ method, ...all.reduce((a, b) => (b.gets > a.gets ? b : a)) }))
  const rows = dearest
    .toSorted((a, b) => b.gets - a.gets)
    .map(
      ({ method, call, gets, most }) =>
        `| \`${method}\` | ${call.slice(method.length + 1)} | ${gets.toFixed(1)} | ${most} |`,
    )
  return ['| method | its dearest request | takes, in GETs | may take |', '|---|---|---|---|', ...rows, ''].join('\n')
}
