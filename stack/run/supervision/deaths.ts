import type { Failing } from '../run-file.ts'
import type { SupervisorContext } from './process-plan.ts'

/** A process that has run so long dies of something new. */
export const STEADY_MS = 30_000
/** So many deaths in a row are told as such, and from then on each tenth. */
const TOLD_AT = 3
const TOLD_EVERY = 10

/** What a process says when it dies, what that means, and the remedy. The first that fits is it. */
const known: readonly [words: RegExp, cause: string, remedy: string][] = [
  [
    /EADDRINUSE|address already in use/i,
    'its port is taken by another program',
    'stop that program (`ss -ltnp`), or stop the suite and set another port (README, Settings)',
  ],
  [/ENOSPC|no space left on device/i, 'the disk is full', 'free some room, or move DATA_DIR to a larger disk'],
  [
    /heap out of memory|ENOMEM|cannot allocate memory|out of memory/i,
    'it gets no more memory',
    'end what else uses the memory, give the machine more, or run fewer instances',
  ],
  [
    /(?:FATAL|PANIC): .*(?:could not locate a valid checkpoint|invalid page|checksum|could not read file)/i,
    'its data is damaged, or the disk fails',
    'look at the disk (`dmesg`), then restore the last backup (`npm run restore`)',
  ],
  [/EACCES|EPERM/, 'it may not read or write a file', 'give the file back to the user of the suite'],
  [
    /^\s*\S*Error: \w+ (?:is|has) .*: (?:give|name|make) /m,
    'a setting is wrong, as its last line says',
    'stop the suite, correct the setting, and start it again',
  ],
]

/** What the last lines of a process, and how it ended, say of why; with the remedy. */
export function causeOfDeath(how: string, lastWords: string): Pick<Failing, 'cause' | 'remedy'> {
  if (how === 'SIGKILL')
    return {
      cause: 'somebody ends it by SIGKILL, as a rule the kernel for lack of memory',
      remedy: 'look into `dmesg`, give the machine more memory, or run fewer instances',
    }
  const own = lastWords.split('\n').filter((line) => !isOfCall(line))
  const found = known.find(([words]) => words.test(own.join('\n')))
  if (found !== undefined) return { cause: found[1], remedy: found[2] }
  return {
    cause: `it ends by ${how}`,
    remedy: 'look at its last lines, and report them (docs/runbook.md#dies-again-and-again)',
  }
}

/** Lines of the log are about calls and statements, of which no process dies. */
function isOfCall(line: string): boolean {
  return /^\s*\{/.test(line) || /(?<!FATAL )\b(?:LOG|ERROR|WARNING|DETAIL|HINT|STATEMENT|CONTEXT): /.test(line)
}

/** Counts the deaths of a process in a row, and reports what dies again and again. */
export function deathsOf(name: string, { say, runFile }: Pick<SupervisorContext, 'say' | 'runFile'>) {
  let deaths = 0
  let timer: NodeJS.Timeout | undefined
  return {
    /** A new life: once it is a steady one, nothing is wrong with it any more. */
    begun() {
      clearTimeout(timer)
      if (deaths < TOLD_AT) return
      timer = setTimeout(() => runFile.failing(name, undefined), STEADY_MS).unref()
    },
    ended(livedMs: number, how: string, lastWords: string) {
      clearTimeout(timer)
      deaths = livedMs > STEADY_MS ? 1 : deaths + 1
      if (deaths < TOLD_AT) return
      const failing = { name, deaths, ...causeOfDeath(how, lastWords) }
      runFile.failing(name, failing)
      if (deaths === TOLD_AT || deaths % TOLD_EVERY === 0)
        say(`${name} dies again and again, ${deaths} times by now: ${failing.cause}. Do: ${failing.remedy}.`)
    },
    /** It is stopped on purpose. */
    stopped() {
      clearTimeout(timer)
      if (deaths >= TOLD_AT) runFile.failing(name, undefined)
      deaths = 0
    },
  }
}
