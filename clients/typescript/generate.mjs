import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readApi } from '@hotel/gateway/api'
import { openApi } from '@hotel/gateway/openapi/openapi'
import openapiTS, { astToString } from 'openapi-typescript'
import { root } from '../../stack/setup/run.mjs'

const generated = path.join(import.meta.dirname, 'src', 'gen')
const stamp = path.join(generated, '.made')
/** What callers of the API have to do with; the rest is the services' own. */
const wanted = ['google', 'hotel/errors', 'hotel/guests', 'hotel/history', 'hotel/reservations', 'hotel/rooms']
const unwanted = ['retirement.ts', 'status_check.ts']

/** Generates the client's messages, services and paths when the API has changed; the code of the protos is there already. */
export async function generateClient() {
  const descriptors = await readFile(path.join(root, 'proto', 'gen', 'api.binpb'))
  const document = JSON.stringify(openApi(readApi(descriptors)))
  const made = createHash('sha256').update(descriptors).update(document).digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === made) return
  await rm(generated, { recursive: true, force: true })
  await mkdir(generated, { recursive: true })
  for (const folder of wanted)
    await cp(path.join(root, 'proto', 'gen', folder), path.join(generated, folder), {
      recursive: true,
      filter: (file) => !unwanted.includes(path.basename(file)),
    })
  await writeFile(path.join(generated, 'openapi.ts'), astToString(await openapiTS(document)))
  await writeFile(stamp, made)
}

/** Compiles the package into dist/; gives the exit code of the compiler. */
export async function compileClient() {
  await rm(path.join(import.meta.dirname, 'dist'), { recursive: true, force: true })
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  return spawnSync(process.execPath, [compiler, '-p', import.meta.dirname], { stdio: 'inherit' }).status ?? 1
}

if (import.meta.main) await generateClient()
