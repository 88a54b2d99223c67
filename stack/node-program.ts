import path from 'node:path'
import { inheritedEnvironment } from './config.ts'
import { compileCache, root } from './setup/run.mjs'

/**
 * The Node that runs this, on a program of the repository, with compiled code kept between starts. A service gives back what
 * only its start needed (`serve`), which takes the flag.
 */
export function nodeProgram(...program: readonly string[]) {
  return {
    file: process.execPath,
    args: ['--expose-gc', '--import', path.join(import.meta.dirname, 'with-parent.mjs'), ...program],
    env: { ...inheritedEnvironment(), ...compileCache },
    endsWithParent: true,
    cwd: root,
  }
}
