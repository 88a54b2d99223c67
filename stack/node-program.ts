import path from 'node:path'
import { inheritedEnvironment } from './config.ts'
import { root } from './setup/run.mjs'

/** The Node that runs this, on a program of the repository, with compiled code kept between starts. */
export function nodeProgram(...program: readonly string[]) {
  return {
    file: process.execPath,
    args: ['--import', path.join(import.meta.dirname, 'with-parent.mjs'), ...program],
    env: { ...inheritedEnvironment(), NODE_COMPILE_CACHE: path.join(root, '.build', 'compiled') },
    endsWithParent: true,
    cwd: root,
  }
}
