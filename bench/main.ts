import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../stack/setup/problem.mjs'

const ENDING = '.bench.ts'

/** `npm run bench -- name …`: runs the named measurements of this folder, or all, one after another. */
async function main(names: readonly string[]): Promise<void> {
  const files = await readdir(import.meta.dirname)
  const known = files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Problem(`"${unknown[0]}" is not one of: ${known.join(', ')}.`)
  for (const name of names.length > 0 ? names : known.sort()) {
    console.log(`\n=== ${name}`)
    const { bench } = (await import(path.join(import.meta.dirname, `${name}${ENDING}`))) as Bench
    await bench()
  }
}

/** What each file `<name>.bench.ts` exports: measures, and prints its numbers beside those of a peer in the same run. */
type Bench = { bench: () => Promise<void> }

main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error instanceof Problem ? `\n${error.message}` : error)
    process.exitCode = 1
  })
  .finally(() => process.connected && process.disconnect?.())
