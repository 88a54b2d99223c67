import { readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Logger } from '../../process/log.ts'

/** What a file holds, read again after it was changed or replaced. */
export type FreshFile<T> = {
  /** As of less than a second ago; what could be read last, when it can not be read now. */
  current(): Promise<T>
  /** As of now. */
  reread(): Promise<T>
}

const LOOK_EVERY_MS = 1_000

/** Reads a file at once, throwing what is wrong with it, and again whenever it changed: then a fault is only logged. */
export function openFreshFile<T extends object>(
  file: string,
  parse: (text: string) => T,
  log: Pick<Logger, 'warn' | 'info'>,
): FreshFile<T> {
  let state = signature(statSync(file))
  let value = parse(readFileSync(file, 'utf8'))
  let lookedAt = performance.now()
  let looking: Promise<T> | undefined
  let fault: string | undefined

  const look = async () => {
    let now = ''
    try {
      now = signature(await stat(file))
      if (now !== state) {
        value = parse(await readFile(file, 'utf8'))
        state = now
        log.info({ file }, 'read again, because it changed')
      }
      fault = undefined
    } catch (error) {
      const { message } = error as Error
      // Once for each content that is no good.
      if (fault !== `${now} ${message}`)
        log.warn({ file, err: message }, 'cannot be read: its earlier content still counts')
      fault = `${now} ${message}`
    }
    lookedAt = performance.now()
    looking = undefined
    return value
  }
  const reread = () => (looking ??= look())
  return {
    reread,
    current: async () => (performance.now() - lookedAt < LOOK_EVERY_MS ? value : reread()),
  }
}

/** Differs whenever the file was written or replaced. */
function signature({ dev, ino, size, mtimeMs, ctimeMs }: ReturnType<typeof statSync> & object): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ')
}
