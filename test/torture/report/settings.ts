import { parseArgs } from 'node:util'
import { Problem } from '../../../stack/setup/problem.mjs'
import { FAULT_KINDS, type FaultKind } from '../plan/operations.ts'

/** What the command is to do. */
export type Settings = {
  readonly seconds: number
  readonly seed: number
  readonly clients: number
  readonly small: number
  readonly faults: readonly FaultKind[]
  readonly folder: string | undefined
  /** Judge a history that is in the folder, and run nothing. */
  readonly judge: boolean
  readonly mutants: boolean
  /** Fewer instances. */
  readonly light: boolean
  /** Names of mutants; none: all. */
  readonly names: readonly string[]
}

const LONG_SECONDS = 600
const LIMITS = { seconds: [10, 86_400], seed: [0, 4_294_967_295], clients: [1, 100], small: [0, 8] } as const

export const USAGE = `npm run torture -- [options]: runs the suite, does harm to it while clients use it, and judges what they were told.

  --seconds N      how long the clients call (60)
  --seed N         the operations and faults; the same seed plans the same (by chance)
  --long           ten minutes
  --clients N      clients of the large hotel (8)
  --small N        clients of the small one, whose calls are searched for a serial order (3)
  --faults A,B     only these kinds of faults; none: no faults at all
  --folder PATH    where the history is kept (.build/torture/...)
  --light          one guests and one rooms service instead of two: for a busy machine
  --judge          judges the history in the folder again, and runs nothing
  --mutants        breaks the suite on purpose, in one way after another; with names, only in those`

/** Reads the command's arguments; throws a Problem that names a wrong one. */
export function settingsOf(args: readonly string[]): Settings {
  const { values, positionals } = parsed(args)
  const number = (name: keyof typeof LIMITS, usual: number) => {
    const value = values[name] === undefined ? usual : Number(values[name])
    const [least, most] = LIMITS[name]
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new Problem(`--${name} is ${values[name]}: give a whole number from ${least} to ${most}.`)
  }
  if (positionals.length > 0 && values.mutants !== true)
    throw new Problem(`"${positionals[0]}" is no option.\n\n${USAGE}`)
  if (values.judge === true && values.folder === undefined) throw new Problem('--judge needs --folder with a history.')
  return {
    seconds: number('seconds', values.long === true ? LONG_SECONDS : 60),
    seed: number('seed', Math.floor(Math.random() * 1_000_000)),
    clients: number('clients', 8),
    small: number('small', 3),
    faults: faultsOf(values.faults),
    folder: values.folder,
    judge: values.judge === true,
    mutants: values.mutants === true,
    light: values.light === true,
    names: positionals,
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: text,
        seed: text,
        clients: text,
        small: text,
        faults: text,
        folder: text,
        long: flag,
        judge: flag,
        mutants: flag,
        light: flag,
      },
    })
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n\n${USAGE}`)
  }
}

function faultsOf(names: string | undefined): readonly FaultKind[] {
  if (names === undefined) return FAULT_KINDS
  if (names === 'none') return []
  return names.split(',').map((name) => {
    const kind = FAULT_KINDS.find((each) => each === name)
    if (kind === undefined) throw new Problem(`"${name}" is no fault: the faults are ${FAULT_KINDS.join(', ')}.`)
    return kind
  })
}
