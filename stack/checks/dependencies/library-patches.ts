import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { filesBelow } from '../../setup/files-below.mjs'
import { root } from '../../setup/run.mjs'

/** The folder of all patches of libraries: each a file that begins with the fault that it works around. */
const FOLDER = path.join(root, 'services', 'runtime', 'library-patches')

/** A workaround of a library. */
export type LibraryPatch = {
  /** Its file, from the folder of all, without its ending. */
  readonly name: string
  readonly library: string
  /** The version that it was made for. */
  readonly version: string
  /** An address, or that there is none. */
  readonly issue: string
  /** The fault of the library, or the feature that it lacks. */
  readonly why: string
  /** Whether a test shows that the library, as it is, needs it. */
  readonly isTested: boolean
}

/** All patches, by their names. Throws when one does not begin with the fault that it works around. */
export async function listPatches(): Promise<readonly LibraryPatch[]> {
  const files = await filesBelow(FOLDER, '.ts')
  const isTest = (file: string) => file.endsWith('.test.ts')
  const tests = await Promise.all(files.filter(isTest).map((file) => readFile(file, 'utf8')))
  return Promise.all(
    files
      .filter((file) => !isTest(file))
      .map(async (file) => {
        const name = path.relative(FOLDER, file).replace(/\.ts$/, '')
        const said = readHeader(await readFile(file, 'utf8'))
        if (said === undefined) throw new Error(`${name} of library-patches does not begin with what it works around`)
        return { name, ...said, isTested: tests.some((test) => test.includes(`('${name}: `)) }
      }),
  )
}

/** The comment that a patch begins with: the fault that it works around, `@library` with the version, and `@issue`. */
export function readHeader(text: string): Omit<LibraryPatch, 'name' | 'isTested'> | undefined {
  const [, comment = ''] = /^\/\*\*\n(.*?)\n \*\/\n/s.exec(text) ?? []
  const [why = '', tags = ''] = comment.replaceAll(/^ \* ?/gm, '').split(/\n\n(?=@library)/)
  const [, library, version, issue] = /^@library (\S+) ([\d.]+)\n@issue (.+)$/.exec(tags) ?? []
  if (library === undefined || version === undefined || issue === undefined || why === '') return undefined
  return { library, version, issue, why: why.replaceAll('\n', ' ') }
}

/** The faults of the patches, each in a sentence: of another version than the one that is used, or shown by no test. */
export function patchProblems(
  patches: readonly LibraryPatch[],
  dependencies: readonly { readonly name: string; readonly version: string }[],
): string[] {
  const used = (patch: LibraryPatch) =>
    dependencies.some(({ name, version }) => name === patch.library && version === patch.version)
  return [
    ...patches
      .filter((patch) => !used(patch))
      .map(
        ({ name, library, version }) =>
          `library-patches/${name} is for ${library} ${version}, which is not used: see whether its test still passes.`,
      ),
    ...patches
      .filter(({ isTested }) => !isTested)
      .map(({ name }) => `No test of library-patches is named '${name}: …', to fail when the patch is needed no more.`),
  ]
}
