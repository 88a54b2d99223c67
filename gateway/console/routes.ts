import type { ConsoleSettings } from '@hotel/runtime/access/console-settings'
import type { Api } from '../api.ts'
import { transcoderFilter } from '../envoy/filters.ts'
import { guardFilter } from '../guard/guard.ts'
import { rateLimitFilter } from '../limits/client-limit.ts'
import { tokenBucket } from '../limits/rate-limit.ts'
import { byMethod, disabled, formRoutes } from '../routes/document-routes.ts'
import { callerFilter, tokenFilter } from '../tokens/tokens.ts'
import type { ConsoleFiles } from './files.ts'
import { WANTS_PAGE } from './negotiation.ts'
import { SIGN_IN, SIGN_IN_CLUSTER } from './sign-in.ts'

/**
 * The routes for paths that the API does not have; `free` turns off the filters that a document without a token does
 * not need.
 */
export function consoleRoutes(files: ConsoleFiles, { developmentSignIn }: ConsoleSettings, free: object): object[] {
  const own = { ...files.index, headers: { ...files.index.headers, vary: 'accept-encoding' } }
  const regex = `/console(/(${files.ownPages.join('|')}))?/?`
  return [...(developmentSignIn ? signInRoutes() : []), ...formRoutes(own, { safe_regex: { regex } }, free)]
}

/** The page in place of what the API has at an address, for who would rather see it: page.lua has said so. */
export function pageRoutes(api: Api, { index }: ConsoleFiles): object[] {
  const headers = [{ name: WANTS_PAGE, present_match: true }]
  const page = { ...index, headers: { ...index.headers, vary: 'accept, accept-encoding' } }
  const plain = index.forms.slice(-1)
  return [
    ...addresses(api).flatMap((match) => formRoutes(page, match, withoutApi, headers)),
    ...formRoutes({ ...page, forms: plain }, { prefix: '/' }, withoutApi, headers, 404),
  ]
}

/** The addresses that the API can be read at; one expression for all would be too large for Envoy. */
function addresses(api: Api): object[] {
  const templates = api.methods.flatMap(({ http }) =>
    http?.verb === 'GET' && !http.template.includes(':') ? http.template : [],
  )
  const regexes = [...new Set(templates)].map((template) => `${template.replaceAll(/\{\w+\}/g, '[^/]+')}/?`)
  return [{ path: '/' }, ...regexes.map((regex) => ({ safe_regex: { regex } }))]
}

const perRoute = (type: string, rest: object) => ({
  '@type': `type.googleapis.com/envoy.extensions.filters.http.${type}`,
  ...rest,
})

/**
 * Turns off the filters of the API for a page, each by its own configuration: whether a page is wanted is known only
 * when the filters of a request are chosen already, and then a route can no longer leave them out.
 */
const withoutApi = {
  [callerFilter]: perRoute('jwt_authn.v3.PerRouteConfig', { disabled: true }),
  [tokenFilter]: perRoute('jwt_authn.v3.PerRouteConfig', { disabled: true }),
  // One that names no share of the requests to look at looks at none; a bucket must be there.
  [rateLimitFilter]: perRoute('local_ratelimit.v3.LocalRateLimit', {
    stat_prefix: 'pages',
    token_bucket: tokenBucket(1, '1s'),
  }),
  [guardFilter]: perRoute('lua.v3.LuaPerRoute', { disabled: true }),
  // One without services turns nothing into gRPC.
  [transcoderFilter]: perRoute('grpc_json_transcoder.v3.GrpcJsonTranscoder', {
    proto_descriptor_bin: '',
    services: [],
  }),
}

/** The process that started the suite exchanges a code for a token. Attempts are counted by the address of the caller. */
function signInRoutes(): object[] {
  const free = disabled(callerFilter, tokenFilter, guardFilter, transcoderFilter)
  const route = { name: SIGN_IN, match: { path: SIGN_IN }, typed_per_filter_config: free }
  return [
    {
      ...route,
      match: { path: SIGN_IN, headers: [byMethod('POST')] },
      route: { cluster: SIGN_IN_CLUSTER, timeout: '5s' },
    },
    {
      ...route,
      response_headers_to_add: [{ header: { key: 'allow', value: 'POST' } }],
      direct_response: { status: 405 },
    },
  ]
}

/**
 * Answers for paths below `/console` without a file, such as one of a previous build, and for other methods: without a
 * token.
 */
export function missingFiles(free: object): object[] {
  const route = { name: 'console', match: { prefix: '/console/' }, typed_per_filter_config: free }
  const allow = [{ header: { key: 'allow', value: 'GET, HEAD' } }]
  return [
    { ...route, match: { ...route.match, headers: [byMethod('GET|HEAD')] }, direct_response: { status: 404 } },
    { ...route, response_headers_to_add: allow, direct_response: { status: 405 } },
  ]
}
