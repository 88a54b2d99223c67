/** The caller of a call, by its verified token. */
export type Caller = {
  /** The token's `sub`: the actor of what it changes, and whose idempotency keys it uses. */
  readonly subject: string
  /** As `rooms.read`. */
  readonly scopes: ReadonlySet<string>
  readonly hotels: Hotels
}

/** The hotels whose data a caller sees and changes: every one, or those with these ids. */
export type Hotels = 'every' | ReadonlySet<string>

/** The caller of a service's own work: the sweeps, the readers of feeds. */
export const system: Caller = { subject: 'system', scopes: new Set(), hotels: 'every' }
