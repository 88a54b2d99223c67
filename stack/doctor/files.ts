import { X509Certificate } from 'node:crypto'
import { readFile, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Finding, Target } from './finding.ts'

const GIGABYTE = 1_073_741_824
const LEAST_SHARE = 0.05
const DAY_MS = 86_400_000
const NEAR_DAYS = 30
const TOKEN_NEAR_MS = 300_000
const KEY_BYTES = 32

/** What is wrong with the disk, the secrets, tokens and certificates. */
export async function lookAtFiles(target: Target): Promise<Finding[]> {
  const folders = [target.dataDir, ...(target.walArchive === undefined ? [] : [target.walArchive])]
  const found = await Promise.all([
    ...folders.map(lookAtDisk),
    ...[path.join(target.dataDir, 'secrets.json'), path.join(target.dataDir, 'issuer', 'key.json')].map(lookAtMode),
    lookAtSecrets(path.join(target.dataDir, 'secrets.json')),
    ...['guests', 'rooms', 'reservations'].map((service) =>
      lookAtToken(service, path.join(target.dataDir, 'issuer', `${service}-token`)),
    ),
    ...Object.entries(target.certificates).map(([setting, file]) => lookAtCertificate(setting, file)),
  ])
  return found.flat()
}

async function lookAtDisk(folder: string): Promise<Finding[]> {
  const found = await statfs(folder).catch(() => undefined)
  if (found === undefined)
    return [{ about: folder, wrong: 'the folder is not there', remedy: 'make it, or correct the setting' }]
  const { bavail, blocks, bsize } = found
  return diskFinding(folder, bavail * bsize, blocks * bsize)
}

/** A finding if the disk of a folder is nearly full. */
export function diskFinding(folder: string, left: number, all: number): Finding[] {
  if (left >= GIGABYTE && left >= all * LEAST_SHARE) return []
  const wrong = `${(left / GIGABYTE).toFixed(1)} of ${(all / GIGABYTE).toFixed(0)} GiB are left for ${folder}`
  return [{ about: 'disk', wrong, remedy: 'free some room or move the folder: on a full disk Postgres stops' }]
}

async function lookAtMode(file: string): Promise<Finding[]> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined || (found.mode & 0o077) === 0) return []
  const mode = (found.mode & 0o777).toString(8)
  return [
    { about: file, wrong: `others may read it (mode ${mode}), and it holds secrets`, remedy: `\`chmod 600 ${file}\`` },
  ]
}

async function lookAtSecrets(file: string): Promise<Finding[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const { pageTokenKey: key = '' } = parsed<{ pageTokenKey: string }>(text)
  if (Buffer.from(key, 'base64').length === KEY_BYTES) return []
  return [
    {
      about: file,
      wrong: `it has no page-token key of ${KEY_BYTES} bytes: services do not start`,
      remedy: 'restore the file from a backup; without one, move it and the data away',
    },
  ]
}

/** Of the development issuer; `npm start` renews it halfway. */
async function lookAtToken(service: string, file: string): Promise<Finding[]> {
  const token = await readFile(file, 'utf8').catch(() => undefined)
  if (token === undefined) return []
  const { exp } = parsed<{ exp: number }>(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  if ((exp ?? 0) * 1_000 > Date.now() + TOKEN_NEAR_MS) return []
  return [
    {
      about: service,
      wrong: `its token in ${file} ends at ${new Date((exp ?? 0) * 1_000).toISOString()}: the others then refuse its calls`,
      remedy: '`npm start` renews it while it runs: start it, and see that it may write there',
    },
  ]
}

async function lookAtCertificate(setting: string, file: string): Promise<Finding[]> {
  const pem = await readFile(file).catch(() => undefined)
  const about = `${setting} (${file})`
  if (pem === undefined) return [{ about, wrong: 'it cannot be read', remedy: 'name a file that this user may read' }]
  try {
    return certificateFinding(about, new X509Certificate(pem), new Date())
  } catch {
    return [{ about, wrong: 'it is not a certificate', remedy: 'put a certificate in PEM there' }]
  }
}

/** What JSON has; nothing of a text that is not JSON. */
function parsed<T>(text: string | undefined): Partial<T> {
  try {
    return JSON.parse(text ?? '') as Partial<T>
  } catch {
    return {}
  }
}

/** A finding if a certificate is over, or will be soon. */
export function certificateFinding(about: string, { validToDate }: X509Certificate, now: Date): Finding[] {
  const days = Math.floor((validToDate.getTime() - now.getTime()) / DAY_MS)
  if (days >= NEAR_DAYS) return []
  const wrong = days < 0 ? `it ended on ${validToDate.toISOString()}` : `it ends in ${days} days`
  return [{ about, wrong, remedy: 'put a new certificate there, and restart the programs that read it' }]
}
