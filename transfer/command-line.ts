import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { Problem } from '../stack/setup/problem.mjs'
import { REMEDY } from './token.ts'

/** The options of every command that needs a token. */
const TOKEN_FILE = { 'token-file': { type: 'string' } } as const

/** The arguments of a command that needs a token; a Problem names the wrong one, and lists the options. */
export function commandLine<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  usage: (wrong: string) => string,
) {
  try {
    return parseArgs({ args: [...args], options: { ...options, ...TOKEN_FILE }, allowPositionals: true })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const isWithoutValue = code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && message.includes('--token-file')
    throw new Problem(isWithoutValue ? `--token-file names no file: ${REMEDY}.` : usage(message))
  }
}
