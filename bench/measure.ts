import { cpuClock } from './cpu.ts'

/** One of the things compared: a call that each client makes again and again, and the processes that answer it. */
export type Contender = {
  readonly name: string
  readonly call: () => Promise<unknown>
  readonly pids: readonly number[]
  /** What is done before each call, outside its time. */
  readonly before?: () => Promise<unknown>
}

export type Load = { readonly clients: number; readonly rounds: number; readonly milliseconds: number }

/** Of a contender in one round: its calls' times, and the CPU time of its processes for each, in milliseconds. */
type Round = { readonly times: readonly number[]; readonly rate: number; readonly cpu: number }

/**
 * Runs the contenders in turn, round after round, so that what else the machine does meets all of them; prints each one's
 * numbers and how it compares with the last, the peer.
 */
export async function compare(title: string, contenders: readonly Contender[], load: Load): Promise<void> {
  const rounds = contenders.map((): Round[] => [])
  for (const contender of contenders) await runRound(contender, { ...load, milliseconds: load.milliseconds / 2 })
  for (let n = 0; n < load.rounds; n++)
    for (const [index, contender] of contenders.entries()) rounds[index]?.push(await runRound(contender, load))

  console.log(`\n${title}, ${load.clients} ${load.clients === 1 ? 'client' : 'clients'}`)
  const peer = rounds.at(-1) ?? []
  for (const [index, { name }] of contenders.entries()) {
    const own = rounds[index] ?? []
    const times = own.flatMap((round) => round.times).sort((a, b) => a - b)
    const ratios = (of: (round: Round) => number) => median(own.map((round, n) => of(round) / of(peer[n] ?? round)))
    const numbers = [
      `${median(own.map((round) => round.rate))
        .toFixed(0)
        .padStart(6)} calls/s`,
      `${quantile(times, 0.5).toFixed(2).padStart(6)} ms p50`,
      `${quantile(times, 0.99).toFixed(2).padStart(6)} ms p99`,
      `${median(own.map((round) => round.cpu))
        .toFixed(2)
        .padStart(5)} ms CPU`,
    ]
    const compared = `${ratios((round) => round.rate).toFixed(2)} × the calls, ${(1 / ratios((round) => round.cpu)).toFixed(2)} × less CPU`
    console.log(`  ${name.padEnd(28)} ${numbers.join('  ')}${own === peer ? '' : `   ${compared}`}`)
  }
}

async function runRound({ call, before, pids }: Contender, { clients, milliseconds }: Load): Promise<Round> {
  const times: number[] = []
  const clock = cpuClock(pids)
  const cpuBefore = await clock()
  const end = performance.now() + milliseconds
  const client = async () => {
    while (performance.now() < end) {
      await before?.()
      const began = performance.now()
      await call()
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const cpu = ((await clock()) ?? Number.NaN) - (cpuBefore ?? Number.NaN)
  const busy = times.reduce((sum, time) => sum + time, 0) / clients
  return { times, rate: (times.length / busy) * 1_000, cpu: cpu / times.length }
}

/** The value below which this share of the sorted values is. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}
