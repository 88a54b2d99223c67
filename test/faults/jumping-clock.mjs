// Loaded into a service before all else: its machine's clock is off by the seconds in a file, read anew on each use. What
// measures time (timers, performance.now) goes on, as it does when the clock of a machine is set.
import { readFileSync } from 'node:fs'

const Real = globalThis.Date
const now = () => Real.now() + (Number(readFileSync(process.env.JUMPING_CLOCK_FILE ?? '', 'utf8')) || 0) * 1_000

globalThis.Date = new Proxy(Real, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
})
