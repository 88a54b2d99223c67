import path from 'node:path'
import { authSettings } from '@hotel/runtime/access/tokens/auth-settings'
import { withKeys } from '@hotel/runtime/access/tokens/jwks'
import { type PerService, perService, perServiceAsync, type ServiceName } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { type Issuer, openIssuer, replaceFile } from './issuer.ts'
import { serviceScopes } from './scopes.ts'

type Env = Readonly<Record<string, string>>

/** Whose tokens a stack accepts, and as whom its services call each other. */
export type Auth = {
  /** The variables of the services and of the gateway. */
  readonly env: Env
  readonly serviceTokenFiles: PerService<string>
  /** The issuer of the data folder, unless there is another. */
  readonly issuer: Issuer | undefined
}

/** What the environment says of it: the tokens of the services are there when the issuer is another's. */
export type GivenAuth = Pick<Auth, 'env'> & Partial<Pick<Auth, 'serviceTokenFiles'>>

const VARIABLES = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL', 'AUTH_JWKS_FILE']
/** What may be said of the development issuer's tokens, too. */
const OPTIONS = [
  'AUTH_JWKS_REFRESH',
  'AUTH_PUBLIC_DOCS',
  'AUTH_SCOPE_CLAIMS',
  'AUTH_HOTELS_CLAIM',
  'AUTH_TIER_CLAIM',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
]

const SERVICE_TOKEN_SECONDS = 3_600
const RENEWAL_EVERY_MS = 5_000

/** Reads AUTH_… and GUESTS_TOKEN_FILE and so on from the environment; throws a Problem that names the variable. */
export function readAuth(env: NodeJS.ProcessEnv = process.env): GivenAuth {
  const given = [...VARIABLES, ...OPTIONS].flatMap((name) => (env[name] ? [[name, env[name]] as const] : []))
  if (given.every(([name]) => OPTIONS.includes(name))) {
    if (env.NODE_ENV === 'production')
      throw new Problem(
        'NODE_ENV is production, which has no development issuer: set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL (docs/access.md).',
      )
    return { env: Object.fromEntries(given) }
  }
  try {
    withKeys(authSettings(env))
  } catch (error) {
    throw new Problem(`${(error as Error).message}.`)
  }
  return { env: Object.fromEntries(given), serviceTokenFiles: perService((name) => tokenFile(name, env)) }
}

function tokenFile(service: ServiceName, env: NodeJS.ProcessEnv): string {
  const variable = `${service.toUpperCase()}_TOKEN_FILE`
  const file = env[variable]
  if (file) return path.resolve(file)
  const scopes = serviceScopes[service].join(' ')
  throw new Problem(
    `${variable} is not set: give a file with a token of AUTH_ISSUER for the ${service} service, with the scopes ${scopes}.`,
  )
}

/** Opens it; without an issuer of the environment's the development issuer, which renews the services' tokens. */
export async function openAuth(dataDir: string, given: GivenAuth, started: AsyncDisposableStack): Promise<Auth> {
  const { env, serviceTokenFiles } = given
  if (serviceTokenFiles !== undefined) return { env, serviceTokenFiles, issuer: undefined }
  const issuer = await openIssuer(dataDir)
  const files = perService((name) => path.join(issuer.folder, `${name}-token`))
  let renewedAt = 0
  const renew = async () => {
    await perServiceAsync(async (name) =>
      replaceFile(files[name], await serviceToken(issuer, name, SERVICE_TOKEN_SECONDS), 0o600),
    )
    renewedAt = Date.now()
  }
  await renew()
  // By the clock, which goes on while a machine sleeps. A token that cannot be renewed is tried again.
  const isOld = () => Date.now() - renewedAt > (SERVICE_TOKEN_SECONDS / 2) * 1_000
  const timer = setInterval(() => void (isOld() && renew().catch(() => {})), RENEWAL_EVERY_MS).unref()
  started.defer(() => clearInterval(timer))
  return { env: { ...issuer.env, ...env }, serviceTokenFiles: files, issuer }
}

/** A token for a service, with what it asks of its peers. */
export function serviceToken(issuer: Issuer, service: ServiceName, ttlSeconds: number): Promise<string> {
  return issuer.mint({ subject: `${service}-service`, scopes: serviceScopes[service], hotels: ['*'], ttlSeconds })
}
