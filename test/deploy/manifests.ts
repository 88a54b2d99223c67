import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { KUBERNETES, manifestFiles, readManifest } from '../../stack/checks/kubernetes/manifests.ts'

/** A container of a pod, as far as the tests read it. */
export type Container = {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[]
  readonly resources: { readonly limits: object; readonly requests: object }
  readonly securityContext: object
  readonly [probe: `${string}Probe`]: Probe
}

/** How a container is asked for its health. */
export type Probe = {
  readonly httpGet?: { readonly path: string; readonly port: string | number }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly exec?: { readonly command: readonly string[] }
  readonly tcpSocket?: { readonly port: string | number }
}

type Volume = {
  readonly name: string
  readonly secret?: { readonly secretName: string; readonly optional?: boolean }
  readonly projected?: { readonly sources: readonly { readonly secret: { readonly name: string } }[] }
  readonly configMap?: { readonly name: string }
  readonly emptyDir?: object
}

/** What a Deployment or a Job runs. */
export type PodSpec = {
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly securityContext: { readonly runAsUser: number }
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes: readonly Volume[]
  readonly [key: string]: unknown
}

export type Labels = Readonly<Record<string, string>>

/** An object of Kubernetes. */
export type Manifest = {
  readonly file: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  // biome-ignore lint/suspicious/noExplicitAny: each kind has another, and the schemas check it.
  readonly spec: any
}

/** A Deployment or a Job with its pods. */
export type Workload = { readonly name: string; readonly kind: string; readonly labels: Labels; readonly pod: PodSpec }

/** All objects of deploy/kubernetes. */
export async function readManifests(): Promise<Manifest[]> {
  const files = (await manifestFiles()).map((file) => path.relative(KUBERNETES, file))
  const read = async (file: string) =>
    parseAllDocuments(await readManifest(file), { version: '1.1' }).map(
      (document) => ({ file, ...(document.toJS() as object) }) as Manifest,
    )
  return (await Promise.all(files.map(read))).flat()
}

/** Those that run pods. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => ['Deployment', 'Job'].includes(kind))
    .map(({ kind, metadata: { name }, spec: { template } }) => ({
      ...{ name, kind, labels: template.metadata.labels as Labels, pod: template.spec as PodSpec },
    }))
}

/** All containers of a pod. */
export const containersOf = ({ containers, initContainers = [] }: PodSpec) => [...initContainers, ...containers]
