import './page.css'
import { type GrpcMethod, showMethods } from './grpc.ts'
import { showReference } from './reference.ts'
import { documentsOfRepository } from './repository.ts'

/** Where the console keeps the token of this tab (src/api/session.ts). */
const STORED = 'hotel.token'

/** `/docs`: the reference of the REST form, made from `/openapi.json`, and the methods of gRPC. */
async function main(): Promise<void> {
  choosePart()
  addEventListener('hashchange', choosePart)
  const token = sessionStorage.getItem(STORED) ?? undefined
  element('documents').replaceChildren(...(await documentsOfRepository()))
  const [document_, methods] = await Promise.all([read('/openapi.json', token), read('/console/grpc.json', token)])
  if (document_ === undefined || methods === undefined) {
    notice(
      'The description of the API needs a token here: sign in to the console in this tab, then load this page again.',
    )
    return
  }
  showMethods(element('methods'), element('find') as HTMLInputElement, methods as readonly GrpcMethod[])
  const shown = await showReference(element('reference'), document_, token)
  if (!shown)
    notice(
      'The reference was not there when the console was built: openapi.json has all of it. `npm run console` builds it again.',
    )
  else if (token === undefined)
    notice('You are not signed in: calls that are tried here need a token under "Authentication".')
}

/** Shows gRPC for `#grpc`; every other fragment is a place in the reference of REST. */
function choosePart(): void {
  const isGrpc = location.hash === '#grpc'
  element('grpc').hidden = !isGrpc
  element('reference').hidden = isGrpc
  for (const link of document.querySelectorAll('nav a[data-part]'))
    link.setAttribute('aria-current', String((link.getAttribute('data-part') === 'grpc') === isGrpc))
}

/** A document of the gateway; undefined where it needs another token. */
async function read(path: string, token: string | undefined): Promise<unknown> {
  const headers = new Headers({ accept: 'application/json' })
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  const answer = await fetch(path, { headers })
  // Public documents are given to everybody, with any token.
  return answer.ok ? answer.json() : undefined
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`docs.html has no element #${id}`)
  return found
}

function notice(words: string): void {
  const place = element('notice')
  place.textContent = words
  place.hidden = false
}

main().catch((error: unknown) => notice(`The page could not be shown: ${(error as Error).message}. Load it again.`))
