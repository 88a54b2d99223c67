import { access, chmod, mkdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { isId } from '@hotel/runtime/errors/id'
import { readConfig } from '../config.ts'
import { runMain } from '../run/run-main.ts'
import { serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { root } from '../setup/run.mjs'
import { serviceToken } from './auth.ts'
import { openIssuer, replaceFile } from './issuer.ts'
import { allScopes, clientScopes } from './scopes.ts'

const tiers = ['standard', 'desk', 'internal']

const HELP = `npm run -s token -- [options]: prints a token of the development issuer of \`npm start\`.

  --subject NAME    its owner: the actor of its changes, and the client of the limits (developer)
  --scope SCOPE     what it allows, separated by commas or repeated; of ${allScopes.join(', ')}
                    (${clientScopes.join(',')})
  --hotel ID        a hotel whose data it sees and changes, repeated for several; * for every one (*)
  --tier TIER       ${tiers.join(', ')}: its rate limit (desk)
  --ttl TIME        how long it is valid, such as 90s, 15m, 8h or 7d (8h)
  --services FOLDER instead: makes a development issuer in the folder, with the services' own tokens and the
                    public keys as docker-compose.yml takes them from .identity (30d)

In production tokens come from your own issuer: see docs/access.md.`

const units = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const LONGEST_SECONDS = 366 * units.d

/** `npm run token`: mints a token for development. */
async function main(args: readonly string[]): Promise<void> {
  const { subject, scope, hotel, tier, ttl, services, help } = options(args)
  if (help) return console.log(HELP)
  if (process.env.NODE_ENV === 'production')
    throw new Problem('NODE_ENV is production, which refuses development tokens: get one from your own issuer.')
  if (services !== undefined) return writeIdentities(path.resolve(root, services), secondsOf(ttl ?? '30d'))
  const { dataDir } = readConfig()
  await access(path.join(dataDir, 'issuer', 'key.json')).catch(() => {
    throw new Problem(
      `${dataDir} has no development issuer: \`npm start\` makes one. DATA_DIR names another data folder.`,
    )
  })
  const issuer = await openIssuer(dataDir)
  const claims = {
    subject: subjectOf(subject),
    scopes: scopesOf(scope),
    hotels: hotel.map(hotelOf),
    tier: oneOf(tiers, tier, '--tier'),
    ttlSeconds: secondsOf(ttl ?? '8h'),
  }
  console.log(await issuer.mint(claims))
}

/** The files that docker-compose.yml mounts. They are open to whichever user a container works as. */
async function writeIdentities(folder: string, ttlSeconds: number): Promise<void> {
  const issuer = await openIssuer(folder)
  // In a container it is, and cannot be changed.
  if ((await stat(folder)).mode & 0o077) await chmod(folder, 0o700)
  const write = async (content: string, ...names: string[]) => {
    const file = path.join(folder, ...names)
    await mkdir(path.dirname(file), { recursive: true })
    // With any umask: only the folder around is closed.
    await chmod(path.dirname(file), 0o755)
    await replaceFile(file, content, 0o644)
  }
  await write(await readFile(issuer.env.AUTH_JWKS_FILE ?? '', 'utf8'), 'keys', 'jwks.json')
  for (const name of serviceNames) await write(await serviceToken(issuer, name, ttlSeconds), name, 'token')
  console.log(`${folder} has the keys of a development issuer, ${issuer.env.AUTH_ISSUER}, and the services' tokens.`)
}

function options(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        subject: { type: 'string', default: 'developer' },
        scope: { type: 'string', multiple: true, default: [...clientScopes] },
        hotel: { type: 'string', multiple: true, default: ['*'] },
        tier: { type: 'string', default: 'desk' },
        ttl: { type: 'string' },
        services: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return values
  } catch (error) {
    throw new Problem(`${(error as Error).message.split('\n')[0]} \`npm run -s token -- --help\` lists the options.`)
  }
}

function subjectOf(subject: string): string {
  if (subject === '' || [...subject].length > 255 || /\p{Cc}/u.test(subject))
    throw new Problem('--subject is not 1 to 255 characters: give a name, without control characters.')
  if (['system', 'anonymous'].includes(subject))
    throw new Problem(`--subject is "${subject}", a name that the suite uses itself: give another.`)
  return subject
}

function scopesOf(given: readonly string[]): string[] {
  const scopes = given.flatMap((scope) => scope.split(/[\s,]+/)).filter((scope) => scope !== '')
  return scopes.map((scope) => oneOf(allScopes, scope, '--scope'))
}

function hotelOf(hotel: string): string {
  if (hotel === '*' || isId(hotel)) return hotel
  throw new Problem(`--hotel is "${hotel}": give the id of a hotel, or * for every one.`)
}

function oneOf(known: readonly string[], given: string, option: string): string {
  if (known.includes(given)) return given
  throw new Problem(`${option} is "${given}": give one of ${known.join(', ')}.`)
}

function secondsOf(ttl: string): number {
  const [, count = '', unit = 's'] = /^(\d{1,8})([smhd])$/.exec(ttl) ?? []
  const seconds = Number(count) * units[unit as keyof typeof units]
  if (seconds >= 1 && seconds <= LONGEST_SECONDS) return seconds
  throw new Problem(`--ttl is "${ttl}": give a time such as 90s, 15m, 8h or 7d, at most 366d.`)
}

runMain(main)
