import type { ConsoleSettings } from '@hotel/runtime/access/console-settings'
import type { Api } from '../api.ts'
import { type Document, etagOf, formsOf } from '../envoy/documents.ts'
import type { ConsoleFiles } from './files.ts'
import { grpcMethods } from './grpc-methods.ts'

/** The documents of the pages that are made here: the ways to sign in, and the methods of gRPC. */
export function consoleDocuments(api: Api, files: ConsoleFiles, settings: ConsoleSettings): readonly Document[] {
  const config = JSON.stringify({
    oidc: oidcOf(api, settings),
    devSignIn: settings.developmentSignIn,
    version: versionOf(files),
  })
  const headers = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
  return [
    { path: '/console/config.json', forms: formsOf('console-config.json', config), headers, isOpen: true },
    { path: '/console/grpc.json', forms: formsOf('console-grpc.json', JSON.stringify(grpcMethods(api))), headers },
  ]
}

function oidcOf(api: Api, { oidc }: ConsoleSettings): object | null {
  if (oidc === undefined) return null
  const { issuer, clientId, scopes } = oidc
  const all = ['openid', ...new Set(api.methods.map(({ scope }) => scope))]
  return { issuer, clientId, scopes: (scopes ?? all).join(' ') }
}

/** Another one for each build: its page names its files by their hashes. */
function versionOf({ index }: ConsoleFiles): string {
  return etagOf(index.forms.at(-1)?.content ?? '').slice(1, 9)
}
