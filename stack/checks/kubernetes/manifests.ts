import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { filesBelow } from '../../setup/files-below.mjs'
import { findOnPath } from '../../setup/python.mjs'
import { root, run } from '../../setup/run.mjs'

/** Where the manifests are. */
export const KUBERNETES = path.join(root, 'deploy', 'kubernetes')

/** The files of whole objects: what kustomize reads, and values of a chart of others, are none. */
export async function manifestFiles(): Promise<readonly string[]> {
  const files = await filesBelow(KUBERNETES)
  return files.filter((file) => /(?<!kustomization|values)\.yaml$/.test(file)).sort()
}

/** The folders that an installation is made from: the databases, and each overlay. */
export async function installable(): Promise<readonly string[]> {
  const overlays = await readdir(path.join(KUBERNETES, 'overlays'))
  return ['database', ...overlays.map((name) => path.join('overlays', name))]
}

/** The command that puts a folder together, without the folder; undefined where there is none on PATH. */
export function kustomize(): readonly [file: string, ...args: string[]] | undefined {
  const [alone, inside] = [findOnPath('kustomize'), findOnPath('kubectl')]
  return alone !== undefined ? [alone, 'build'] : inside !== undefined ? [inside, 'kustomize'] : undefined
}

/** What such a folder is put together to, as YAML; throws what is wrong with it. */
export async function build(folder: string, [file, ...args]: readonly [string, ...string[]]): Promise<string> {
  const { ok, output } = await run(file, [...args, path.join(KUBERNETES, folder)])
  if (!ok) throw new Error(`deploy/kubernetes/${folder} cannot be put together:\n${output}`)
  return output
}

/** The text of a file below. */
export const readManifest = (name: string): Promise<string> => readFile(path.join(KUBERNETES, name), 'utf8')
