import { findOnPath } from '../setup/python.mjs'

/** What no package of npm or PyPI brings, and how to get it. */
const programs = {
  go: 'install Go 1.25 or newer from https://go.dev',
  java: 'install Java 17 or newer with its compiler, for example `apt install default-jdk-headless`',
  mvn: 'install Maven, for example `apt install maven`',
} as const

export type Program = keyof typeof programs

/** Whether all of these are on PATH: what needs one that is not is skipped. */
export function hasPrograms(...names: readonly Program[]): boolean {
  return names.every((name) => findOnPath(name) !== undefined)
}

/** Those that are not on PATH. */
export function missingPrograms(): readonly { readonly name: Program; readonly remedy: string }[] {
  const names = Object.keys(programs) as Program[]
  return names.flatMap((name) => (hasPrograms(name) ? [] : [{ name, remedy: programs[name] }]))
}
