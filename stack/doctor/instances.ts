import { clockFinding, type Finding, type Target } from './finding.ts'

type Rule = {
  readonly metric: string
  /** Whether a value is wrong; of histograms and the like nothing is asked. */
  readonly isWrong: (value: number, all: ReadonlyMap<string, number>) => boolean
  readonly wrong: (value: number, labels: string) => string
  readonly remedy: string
}

/** The bounds are wider than those of deploy/observe/alerts.yml where a value at one moment says less than one over minutes. */
const rules: readonly Rule[] = [
  {
    metric: 'hotel_feed_hotels_set_aside',
    isWrong: (value) => value > 0,
    wrong: (value, labels) => `${value} hotels${labels} are set aside: their changes cannot be read or applied`,
    remedy: 'its lines of level warn name the hotel and the cause (docs/runbook.md#hotels-set-aside)',
  },
  {
    metric: 'hotel_feed_lag_seconds',
    isWrong: (value) => value > 5,
    wrong: (value, labels) => `the oldest change${labels} waits for ${value.toFixed(0)} s to be applied`,
    remedy: 'look for long transactions and for a service without processor time (docs/runbook.md#feed-lag)',
  },
  {
    metric: 'hotel_replica_age_seconds',
    isWrong: (value) => value > 30,
    wrong: (value, labels) => `its copies${labels} were last complete ${value.toFixed(0)} s ago`,
    remedy: 'start the service that it follows, or fix the way to it (docs/runbook.md#replica-age)',
  },
  {
    metric: 'hotel_writes_waiting',
    isWrong: (value) => value > 100,
    wrong: (value) => `${value} writes wait for the heads of their hotels`,
    remedy: 'look who holds a head (the locks above), or give the database a faster disk',
  },
  {
    metric: 'redis_up',
    isWrong: (value) => value === 0,
    wrong: () => 'Redis does not answer: the cache is cold, and nothing else fails',
    remedy: 'start Redis, or correct REDIS_URL',
  },
  {
    metric: 'db_client_connection_pending_requests',
    isWrong: (value, all) => value > 0 && (all.get('db_client_connection_count{state="idle"}') ?? 1) === 0,
    wrong: (value) => `${value} calls wait for a connection to the database, and none is idle`,
    remedy: 'look for slow statements and locks; more instances have more connections',
  },
  {
    metric: 'nodejs_eventloop_lag_p99_seconds',
    isWrong: (value) => value > 0.5,
    wrong: (value) => `it gets to its work late, by ${value.toFixed(1)} s`,
    remedy: 'give the service another instance, or the machine more processors',
  },
]

const ANSWER_MS = 5_000

/** What the instances of the services say of themselves. */
export async function lookAtInstances({ metrics }: Target): Promise<Finding[]> {
  const asked = Object.entries(metrics).flatMap(([service, addresses]) =>
    addresses.map((address) => lookAtInstance(addresses.length === 1 ? service : `${service} (${address})`, address)),
  )
  return (await Promise.all(asked)).flat()
}

async function lookAtInstance(about: string, address: string): Promise<Finding[]> {
  try {
    const asked = Date.now()
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) })
    const answered = Date.now()
    const values = readMetrics(await response.text())
    // The header is in whole seconds, and the moment somewhere within one.
    const theirs = Date.parse(response.headers.get('date') ?? '') + 500
    const ours = Math.min(Math.max(theirs, asked), answered)
    return [...(Number.isNaN(theirs) ? [] : clockFinding(about, theirs, ours)), ...judge(about, values)]
  } catch (error) {
    return [
      {
        about,
        wrong: `it does not answer at ${address} (${(error as Error).message})`,
        remedy: 'look at its last lines: `npm start` starts it again and says why it ended',
      },
    ]
  }
}

/** What is wrong by these values. */
export function judge(about: string, values: ReadonlyMap<string, number>): Finding[] {
  return [...values].flatMap(([series, value]) => {
    const [name = '', labels] = series.split('{', 2)
    const rule = rules.find(({ metric }) => metric === name)
    if (!rule?.isWrong(value, values)) return []
    const [, feed] = /feed="(\w+)"/.exec(labels ?? '') ?? []
    return [{ about, wrong: rule.wrong(value, feed === undefined ? '' : ` of ${feed}`), remedy: rule.remedy }]
  })
}

/** The values of Prometheus' format by their series. */
export function readMetrics(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}
