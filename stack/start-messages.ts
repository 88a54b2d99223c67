import { existsSync } from 'node:fs'
import path from 'node:path'
import { CONSOLE } from '@hotel/gateway/console/folder'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import type { Config } from './config.ts'
import { gatewayHere } from './identity/console-link.ts'
import { CODE_MINUTES } from './identity/sign-in-codes.ts'
import { TOKEN_HOURS } from './identity/sign-in-server.ts'
import type { Observers } from './observe/observe.ts'
import { isChatter, jsonLine, prettyLine } from './run/lines.ts'
import type { Stack } from './stack.ts'

/** Prints a line of a process, on a terminal for a person, elsewhere as JSON; chatter only to those who want to see everything. */
export function printLine(name: string, line: string, logLevel: string): void {
  if (isChatter(name, line) && logLevel !== 'debug' && logLevel !== 'trace') return
  console.log(process.stdout.isTTY ? prettyLine(name, line) : jsonLine(name, line, new Date()))
}

function withoutPassword(url: URL | undefined): string | undefined {
  return url && `${url.origin}${url.pathname}`
}

/** What a person needs once the suite runs: where it is, and lines that work when pasted. */
export function welcome(
  stack: Stack,
  config: Config,
  { token, link }: { readonly token: string | undefined; readonly link: string | undefined },
  seconds: number,
): string {
  const gateway = gatewayHere(config)
  return `
The suite is ready after ${seconds.toFixed(1)} s.

  REST and gRPC   http://${gateway}
  Console         ${consoleWords(gateway, link)}
  Health          http://${gateway}/healthz
  Envoy's admin   http://127.0.0.1:${config.ports.envoyAdmin}
  Services        ${Object.entries(stack.addresses)
    .map(([name, addresses]) => `${name} ${addresses.join(' and ')}`)
    .join(', ')}
  Metrics         ${Object.entries(stack.metricsAddresses)
    .map(([name, addresses]) => `${name} ${addresses.join(' and ')}`)
    .join(', ')}, each at /metrics
  Traces          ${withoutPassword(otlpSettings(config.openTelemetry)?.url) ?? 'none: OTEL_EXPORTER_OTLP_ENDPOINT names no collector'}
  Data            ${config.dataDir}
  Redis           ${stack.redis === undefined && config.redisUrl === undefined ? 'none: it is only a cache' : 'in use'}

${tokenWords(token)}

  url=http://${gateway}; today=$(date -u +%F)
  api() { curl -sS --retry 5 -H "authorization: Bearer $token" -H 'content-type: application/json' "$@"; echo; }; id() { sed 's/^{"id":"\\([^"]*\\).*/\\1/'; }
  guest=$(api $url/guests -d '{"first_name": "Ada", "last_name": "Lovelace"}' | id)
  room=$(api $url/rooms -d "{\\"number\\": \\"$(date +%s)\\"}" | id)
  stay="{\\"guest\\": \\"$guest\\", \\"room\\": \\"$room\\", \\"in_date\\": \\"$today\\", \\"out_date\\": \\"$today\\"}"
  api $url/reservations -d "$stay"
  api $url/reservations/current_and_upcoming
  grpcurl -plaintext -H "authorization: Bearer $token" ${gateway} hotel.reservations.v1.ReservationService/ListCurrentAndUpcoming
  grpcurl -plaintext ${gateway} list

Ctrl-C stops it.
`
}

/** Where what shows how the suite is can be looked at. */
export function observersWords({ pages, missing }: Observers): string {
  return [...pages.map(({ name, url }) => `  ${name.padEnd(15)} ${url}`), ...missing].join('\n')
}

/** Where a browser finds the console, and how a developer comes in. */
function consoleWords(gateway: string, link: string | undefined): string {
  if (!existsSync(path.join(CONSOLE, 'index.html'))) return 'not built: `npm run console` builds it'
  if (link === undefined) return `http://${gateway}, in a browser; the API at http://${gateway}/docs`
  return `${link}
                  signs you in once, within ${CODE_MINUTES} minutes; \`npm run -s console-link\` prints another
  API page        http://${gateway}/docs`
}

/** A token to begin with; of another issuer only its bearer knows one. */
function tokenWords(token: string | undefined): string {
  if (token === undefined)
    return 'Every call needs a token of AUTH_ISSUER, with the scopes of the called methods (docs/access.md).\n\n  token=…'
  return `Every call needs a token. This one is for development, for ${TOKEN_HOURS} hours, of the tier \`desk\`; \`npm run -s token -- --help\`
lists the options for others.

  token=${token}`
}
