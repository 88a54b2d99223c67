import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { settingsFrom } from '@hotel/gateway/settings'

const root = path.join(import.meta.dirname, '..', '..')

/** The descriptor set that the suite's code is generated from. */
export function readDescriptors(): Promise<Uint8Array> {
  return readFile(path.join(root, 'proto', 'gen', 'api.binpb'))
}

/** The same with the services of every-kind.proto besides. */
export async function buildEveryKind(): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(tmpdir(), 'every-kind-'))
  try {
    await cp(path.join(root, 'buf.yaml'), path.join(folder, 'buf.yaml'))
    for (const protos of ['buf', 'google', 'grpc', 'hotel'])
      await cp(path.join(root, 'proto', protos), path.join(folder, 'proto', protos), { recursive: true })
    await cp(
      path.join(import.meta.dirname, 'every-kind.proto'),
      path.join(folder, 'proto', 'hotel', 'rooms', 'v1', 'every_kind.proto'),
    )
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    const buf = path.join(root, 'node_modules', '.bin', 'buf')
    await promisify(execFile)(buf, ['build', '--output', 'api.binpb', '--as-file-descriptor-set'], { cwd: folder })
    return await readFile(path.join(folder, 'api.binpb'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Settings for tests, whose upstreams are ports that nobody listens on. */
export function settingsWith(environment: Readonly<Record<string, string>>) {
  return settingsFrom({
    GATEWAY_ADDRESS: '127.0.0.1',
    GUESTS_ADDRESS: '127.0.0.1:1',
    ROOMS_ADDRESS: '127.0.0.1:1',
    RESERVATIONS_ADDRESS: '127.0.0.1:1,127.0.0.1:2',
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'hotel',
    AUTH_JWKS_URL: 'https://issuer.example/jwks.json',
    ...environment,
  })
}
