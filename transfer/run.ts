import { ClientError, Status } from 'nice-grpc'
import { Problem } from '../stack/setup/problem.mjs'
import { REMEDY } from './token.ts'
// It ends with the program that started it: nobody would read its end.
import '../stack/run/with-parent.mjs'

/** Runs a program of this folder: its result is the exit code; a Problem is reported without its stack. */
export function run(main: (args: readonly string[]) => Promise<number>): void {
  main(process.argv.slice(2))
    .then((code) => {
      process.exitCode = code
    })
    .catch((error: unknown) => {
      console.error(
        error instanceof Problem ? `\n${error.message}` : error instanceof ClientError ? wordsOf(error) : error,
      )
      process.exitCode = 1
    })
}

function wordsOf({ code, details, path }: ClientError): string {
  if (code === Status.UNAUTHENTICATED || code === Status.PERMISSION_DENIED)
    return `\n${path} is refused with ${Status[code]} (${details}). Lines stored before stay: run the same command again with another token: ${REMEDY}.`
  return `\n${path} failed with ${Status[code]} (${details}). Lines stored before stay: find the cause in the suite's log, then run the same command again.`
}
