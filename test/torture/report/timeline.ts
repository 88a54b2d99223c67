import type { Evidence, Operation, Violation } from '../history/evidence.ts'

const WIDTH = 1_400
const LEFT = 90
const ROW = 26
const COLORS = { ok: '#2e7d32', refused: '#b26a00', unknown: '#757575' } as const

/** A page with what happened when: a row for each client, a bar for each sending of a call, a band for each fault. */
export function timeline(whole: Evidence, short: Evidence, violation: Violation): string {
  const { operations } = short
  const ends = operations.flatMap(({ tries }) => tries.map(({ end, start }) => end ?? start))
  const from = Math.max(0, Math.min(...operations.map(({ tries }) => tries[0]?.start ?? 0)) - 50)
  const until = Math.max(from + 100, ...ends) + 50
  const x = (at: number) => LEFT + ((Math.min(Math.max(at, from), until) - from) / (until - from)) * (WIDTH - LEFT - 20)
  const clients = [...new Set(operations.map(({ client }) => client))].sort((a, b) => a - b)
  const about = new Set(violation.about)
  const height = 60 + clients.length * ROW
  const bands = whole.faults
    .filter(({ start, end = start }) => start <= until && end >= from)
    .map(({ start, end = start, what }) => {
      const left = x(start)
      const width = Math.max(2, x(end) - left)
      return `<rect x="${left}" y="20" width="${width}" height="${height - 40}" fill="#c62828" opacity="0.12"><title>${escaped(what)}</title></rect>`
    })
  const bars = operations.flatMap((operation) => barsOf(operation, clients.indexOf(operation.client), x, about))
  const labels = clients.map((client, row) => `<text x="4" y="${45 + row * ROW}">client ${client}</text>`)
  const ticks = Array.from({ length: 11 }, (_, n) => from + ((until - from) * n) / 10).map(
    (at) => `<text x="${x(at)}" y="14" text-anchor="middle">${(at / 1_000).toFixed(2)} s</text>`,
  )
  return page(
    `<h1>${escaped(violation.invariant)}: not so</h1>
<p>${escaped(violation.message)}</p>
<p>Seed ${whole.seed}, ${operations.length} of ${whole.operations.length} operations. Green: acknowledged, orange: refused, grey: nobody knows; red: a fault. Thick: what it is about. Point at a bar for the call.</p>
<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Calls by client over time">
${[...bands, ...ticks, ...labels, ...bars].join('\n')}
</svg>
${tableOf(operations, about)}
${feedOf(short)}`,
  )
}

function barsOf(
  { name, method, request, tries }: Operation,
  row: number,
  x: (at: number) => number,
  about: ReadonlySet<string>,
): string[] {
  return tries.map(({ start, end, outcome, door, gateway }) => {
    const left = x(start)
    const width = Math.max(2, x(end ?? Number.POSITIVE_INFINITY) - left)
    const isAbout = about.has(name)
    const title = `${name} ${method} ${JSON.stringify(request)} by ${door} at gateway ${gateway}: ${JSON.stringify(outcome)}`
    const color = COLORS[outcome?.is ?? 'unknown']
    return `<rect x="${left.toFixed(1)}" y="${30 + row * ROW + (isAbout ? 0 : 5)}" width="${width.toFixed(1)}" height="${isAbout ? 20 : 10}" rx="2" fill="${color}"><title>${escaped(title)}</title></rect>`
  })
}

function tableOf(operations: readonly Operation[], about: ReadonlySet<string>): string {
  const rows = operations
    .flatMap((operation) => operation.tries.map((attempt) => ({ operation, attempt })))
    .sort((a, b) => a.attempt.start - b.attempt.start)
    .slice(0, 400)
    .map(({ operation: { name, method, request }, attempt: { start, end, outcome } }) => {
      const told =
        outcome?.is === 'refused'
          ? outcome.reason
          : outcome?.is === 'ok'
            ? `ok ${outcome.answer.etag ?? ''}`
            : 'unknown'
      const cells = [`${start.toFixed(1)}`, end?.toFixed(1) ?? '', name, method, JSON.stringify(request), told]
      return `<tr${about.has(name) ? ' class="about"' : ''}>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`
    })
  return `<table><tr><th>from, ms</th><th>to</th><th>call</th><th>method</th><th>request</th><th>told</th></tr>${rows.join('\n')}</table>`
}

function feedOf({ final }: Evidence): string {
  const rows = final.changes.reservations.slice(0, 400).map(({ seq, actor, kind, id, version, time, payload }) => {
    const what = `${payload.in_date} to ${payload.out_date}, ${payload.rooms ?? payload.room_id}`
    return `<tr>${[seq, actor, kind, id, version, time, what].map((cell) => `<td>${escaped(String(cell))}</td>`).join('')}</tr>`
  })
  return `<h2>The feed</h2><table><tr><th>number</th><th>by</th><th>kind</th><th>id</th><th>version</th><th>time</th><th>nights and rooms</th></tr>${rows.join('\n')}</table>`
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Torture: a violation</title><style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff }
svg { border: 1px solid #ccc; font-size: 11px } table { border-collapse: collapse; margin-top: 1rem; font-size: 12px }
td, th { border: 1px solid #ddd; padding: 2px 6px; text-align: left; vertical-align: top; max-width: 40rem; overflow-wrap: anywhere }
.about { background: #fff3cd; font-weight: 600 }
</style></head><body>
${body}
</body></html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
