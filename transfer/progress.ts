import { styleText } from 'node:util'

const EVERY_MS = 200
const LINE_EVERY_MS = 10_000
const WIDTH = 24

/** What became of a file's lines, and how many without content were passed over. */
export type Counts = { created: number; alreadyThere: number; refused: number; blank: number }

/** Shows how far a file is: a bar where a person looks, a line every ten seconds elsewhere. */
export type Progress = {
  show(counts: Counts, done: number): void
  /** The last line, which stays; also of a file that was not read to its end. */
  end(counts: Counts, isWhole: boolean): void
  /** How many lines are written, of nobody knows how many; the last time for good. */
  wrote(count: number, isAll?: boolean): void
}

/** Begins to show the progress of a file. */
export function progress(title: string, out: NodeJS.WriteStream = process.stdout): Progress {
  const began = performance.now()
  let last = out.isTTY ? 0 : began
  const seconds = () => (performance.now() - began) / 1_000
  return {
    show(counts, done) {
      const now = performance.now()
      if (now - last < (out.isTTY ? EVERY_MS : LINE_EVERY_MS)) return
      last = now
      const words = `${title} ${Math.floor(done * 100)} % ${wordsOf(counts)}, ${rateOf(counts, seconds())}, ${left(done, seconds())}`
      if (!out.isTTY) return void out.write(`${words}\n`)
      const full = Math.round(Math.min(1, done) * WIDTH)
      const bar = `${'█'.repeat(full)}${styleText('dim', '░'.repeat(WIDTH - full))} `
      out.write(`\r\u001b[K${bar}${words.slice(0, Math.max(20, out.columns - WIDTH - 2))}`)
    },
    wrote(count, isAll = false) {
      const now = performance.now()
      if (!isAll && now - last < (out.isTTY ? EVERY_MS : LINE_EVERY_MS)) return
      last = now
      const words = `${title}: ${count.toLocaleString('en')} in ${seconds().toFixed(1)} s`
      out.write(`${out.isTTY ? '\r\u001b[K' : ''}${words}${isAll || !out.isTTY ? '\n' : ''}`)
    },
    end(counts, isWhole) {
      const blank = counts.blank > 0 ? `, ${counts.blank.toLocaleString('en')} blank` : ''
      const until = isWhole ? '' : '; stopped before its end'
      const words = `${title}: ${wordsOf(counts)}${blank} in ${seconds().toFixed(1)} s, ${rateOf(counts, seconds())}${until}`
      out.write(`${out.isTTY ? '\r\u001b[K' : ''}${words}\n`)
    },
  }
}

function wordsOf({ created, alreadyThere, refused }: Counts): string {
  const number = (count: number) => count.toLocaleString('en')
  return `${number(created)} imported, ${number(alreadyThere)} already there, ${number(refused)} refused`
}

function rateOf({ created, alreadyThere, refused }: Counts, seconds: number): string {
  return `${Math.round((created + alreadyThere + refused) / Math.max(seconds, 0.001)).toLocaleString('en')} a second`
}

function left(done: number, seconds: number): string {
  if (done <= 0.001) return 'time left unknown'
  const rest = (seconds / done) * (1 - done)
  return rest < 60 ? `${Math.ceil(rest)} s left` : `${Math.ceil(rest / 60)} min left`
}
