import path from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { Problem } from '../setup/problem.mjs'

/** A path as the user of an npm command means it: from where npm was called. npm itself runs in the repository's root. */
export function fromCaller(file: string, env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env.INIT_CWD || process.cwd(), file)
}

/** Reads a command's arguments; throws a Problem with the help of the command when they are wrong. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  help: string,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new Problem(`${(error as Error).message.split('.')[0]}.\n\n${help}`)
  }
}

/** The folder that a command is given, from where npm was called; throws a Problem unless it is given one. */
export function oneFolder(named: readonly string[], content: string, help: string): string {
  const [folder, ...more] = named
  if (folder === undefined || more.length > 0) throw new Problem(`Name one folder ${content}.\n\n${help}`)
  return fromCaller(folder)
}
