import { inheritedEnvironment } from '../config.ts'
import { compileCache, fewArenas, root } from '../setup/run.mjs'

// As a URL: a path is taken for a specifier, in which `%` and `#` mean something.
const WITH_PARENT = new URL('with-parent.mjs', import.meta.url).href

/**
 * The Node that runs this, on a program of the repository, with compiled code kept between starts. A service gives back what
 * only its start needed (`serve`), which takes the flag.
 */
export function nodeProgram(...program: readonly string[]) {
  return {
    file: process.execPath,
    args: ['--expose-gc', '--import', WITH_PARENT, ...program],
    env: { ...inheritedEnvironment(), ...compileCache, ...fewArenas },
    endsWithParent: true,
    cwd: root,
  }
}
