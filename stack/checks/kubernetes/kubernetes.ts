import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findOnPath } from '../../setup/python.mjs'
import { fetchPythonTools, findPythonTools, remedyFor } from '../../setup/python-tools.mjs'
import { root, run } from '../../setup/run.mjs'
import { NotRun } from '../dependencies/audit.ts'
import { build, installable, kustomize, manifestFiles } from './manifests.ts'

/** The oldest version that the manifests are for, and the newest that there are schemas of. */
const VERSIONS = ['1.34.0', '1.37.0']

/** Kinds whose schemas are their operators'. */
const KINDS_OF_OTHERS = 'Cluster'

/** What the schemas call their common part, and what it is called here: without a host, so that it is read from beside. */
const [COMMON_PART, BESIDE] = ['/api/_definitions.json', '_definitions.json']

const remedies = {
  kustomize: 'install kubectl, or `go install sigs.k8s.io/kustomize/kustomize/v5@latest`',
  kubeconform: '`go install github.com/yannh/kubeconform/cmd/kubeconform@latest`',
  'kube-linter': '`go install golang.stackrox.io/kube-linter/cmd/kube-linter@latest`',
}

const missing = (name: keyof typeof remedies, what: string) =>
  new NotRun(`${what} (\`${name}\`, which is not on PATH: ${remedies[name]})`)

/** Whether all manifests, as they are and as kustomize puts them together, fit the schemas of Kubernetes. */
export async function lookAtSchemas(): Promise<string | NotRun | undefined> {
  const kubeconform = findOnPath('kubeconform')
  if (kubeconform === undefined) return missing('kubeconform', 'the schemas of the manifests')
  await fetchPythonTools(['kubernetes-schemas'])
  const { 'kubernetes-schemas': schemas } = await findPythonTools()
  if (schemas === undefined)
    return new NotRun(`the schemas of the manifests: ${remedyFor('kubernetes-schemas')}, which fetches them`)
  return withFolder(async (folder) => {
    const files = [...(await manifestFiles()), ...(await putTogether(folder))]
    for (const version of VERSIONS) {
      const own = await schemasOf(version, schemas.folder, files, path.join(folder, version))
      const where = path.join(own, '{{.ResourceKind}}{{.KindSuffix}}.json')
      const options = ['-strict', '-skip', KINDS_OF_OTHERS, '-schema-location', where]
      const { ok, output } = await run(kubeconform, [...options, ...files])
      if (!ok) return `Kubernetes ${version}:\n${output}`
    }
    return undefined
  })
}

/** Whether kube-linter finds nothing in what kustomize puts together. */
export async function lookWithLinter(): Promise<string | NotRun | undefined> {
  const linter = findOnPath('kube-linter')
  if (linter === undefined) return missing('kube-linter', 'the rules of kube-linter')
  if (kustomize() === undefined) return missing('kustomize', 'the rules of kube-linter')
  return withFolder(async (folder) => {
    const { ok, output } = await run(linter, ['lint', ...(await putTogether(folder))])
    return ok ? undefined : output
  })
}

/** Whether kustomize can put everything together that is installed. */
export async function lookAtKustomizations(): Promise<string | NotRun | undefined> {
  if (kustomize() === undefined) return missing('kustomize', 'the kustomizations')
  return withFolder(async (folder) => {
    await putTogether(folder)
    return undefined
  })
}

/** Files with what is installed, where there is a kustomize. */
async function putTogether(folder: string): Promise<string[]> {
  const command = kustomize()
  if (command === undefined) return []
  const files = []
  for (const name of await installable()) {
    const file = path.join(folder, `${name.replaceAll(path.sep, '-')}.yaml`)
    await writeFile(file, await build(name, command))
    files.push(file)
  }
  return files
}

/** A folder with the schemas of the kinds in these files, which refer to one another without a host. */
async function schemasOf(version: string, tool: string, files: readonly string[], folder: string): Promise<string> {
  const from = path.join(tool, 'kubernetes_validate', 'kubernetes-json-schema', `v${version}-local-strict`)
  await mkdir(folder)
  for (const name of new Set(['_definitions.json', ...(await Promise.all(files.map(schemasIn))).flat()])) {
    const text = await readFile(path.join(from, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const { $id: _, ...schema } = JSON.parse(text.replaceAll(`"${COMMON_PART}`, `"${BESIDE}`)) as { $id?: string }
    await writeFile(path.join(folder, name), JSON.stringify(schema))
  }
  return folder
}

/** The names of the schemas of the objects in a file. */
async function schemasIn(file: string): Promise<string[]> {
  const objects = (await readFile(file, 'utf8')).split(/^---$/m)
  return objects.flatMap((text) => {
    const [, group, version = ''] = /^apiVersion: (?:([\w-]+)[\w.-]*\/)?(\w+)$/m.exec(text) ?? []
    const [, kind] = /^kind: (\w+)$/m.exec(text) ?? []
    if (kind === undefined) return []
    return `${[kind.toLowerCase(), ...(group === undefined ? [] : [group]), version].join('-')}.json`
  })
}

async function withFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const within = path.join(root, '.build')
  await mkdir(within, { recursive: true })
  const folder = await mkdtemp(path.join(within, 'kubernetes-'))
  try {
    return await act(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
