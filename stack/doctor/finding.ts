/** Something that is wrong with a suite, and what to do about it. */
export type Finding = {
  /** What it is about: a service, a server, a file. */
  readonly about: string
  readonly wrong: string
  readonly remedy: string
}

/** What is looked at: where the parts of a running suite are. */
export type Target = {
  readonly dataDir: string
  /** URL of each service's database, as an administrator. */
  readonly databaseUrls: Readonly<Record<string, string>>
  /** `host:port` of the metrics of each instance, by service. */
  readonly metrics: Readonly<Record<string, readonly string[]>>
  readonly gateway: { readonly host: string; readonly port: number; readonly adminPort: number }
  /** Folder of the archive of the log. */
  readonly walArchive: string | undefined
  /** Files of certificates, by the setting that names them. */
  readonly certificates: Readonly<Record<string, string>>
  readonly bounds?: Partial<Bounds>
}

/** From when on something is wrong. */
export type Bounds = {
  /** How long a transaction is open; those of services end after 10 s. */
  readonly transactionSeconds: number
  readonly lockSeconds: number
  /** The share of the server's connections that is in use. */
  readonly connections: number
}

export const usualBounds: Bounds = { transactionSeconds: 60, lockSeconds: 5, connections: 0.8 }

/** By how much two clocks may differ: tokens tolerate five seconds. */
const MOST_APART_MS = 2_000

/** A finding if the clock of a machine differs from this one's by more than calls tolerate. */
export function clockFinding(about: string, theirs: number, ours: number): Finding[] {
  const apart = theirs - ours
  if (Math.abs(apart) <= MOST_APART_MS) return []
  return [
    {
      about,
      wrong: `its clock is ${(Math.abs(apart) / 1_000).toFixed(1)} s ${apart > 0 ? 'ahead of' : 'behind'} this machine's`,
      remedy: 'let a time service (chrony, systemd-timesyncd) set both clocks',
    },
  ]
}
