import { Problem } from '../setup/problem.mjs'

/**
 * Runs the program of an npm command with its arguments. A Problem is reported without its stack; each failure ends with exit
 * code 1. The channel to the program that started it is closed at the end: it would keep the process alive.
 */
export function runMain(main: (args: readonly string[]) => Promise<void>): void {
  main(process.argv.slice(2))
    .catch((error: unknown) => {
      console.error(error instanceof Problem ? `\n${error.message}` : error)
      process.exitCode = 1
    })
    .finally(() => process.connected && process.disconnect?.())
}
