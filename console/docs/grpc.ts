/** As `/console/grpc.json` describes a method (gateway/console/grpc-methods.ts). */
export type GrpcMethod = {
  readonly method: string
  readonly summary: string
  readonly scope: string
  readonly kind: 'read' | 'write' | 'stream'
  readonly request: object
}

/** Lists the methods by their service, each with the line that calls it; only those that have the words of the search. */
export function showMethods(place: Element, search: HTMLInputElement, methods: readonly GrpcMethod[]): void {
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/)
    const wanted = methods.filter((each) => words.every((word) => textOf(each).includes(word)))
    const services = Map.groupBy(wanted, ({ method }) => method.split('/')[0] ?? '')
    const parts = [...services].map(([service, all]) => {
      const part = document.createElement('section')
      part.append(written('h2', service), ...all.map(shown))
      return part
    })
    place.replaceChildren(...(parts.length > 0 ? parts : [written('p', 'No method has these words.')]))
  }
  search.addEventListener('input', show)
  show()
}

const textOf = ({ method, summary, scope }: GrpcMethod) => `${method} ${summary} ${scope}`.toLowerCase()

function shown(method: GrpcMethod): Element {
  const details = document.createElement('details')
  const title = written('summary', method.method.split('/')[1] ?? '')
  title.append(written('small', ` ${method.summary}`))
  const line = commandOf(method)
  const code = written('pre', line)
  // Parts that scroll are reached by the keyboard.
  code.tabIndex = 0
  const copy = written('button', 'Copy') as HTMLButtonElement
  copy.type = 'button'
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(line)
    copy.textContent = 'Copied'
  })
  details.append(title, written('p', `${kinds[method.kind]} Scope: ${method.scope}.`), code, copy)
  return details
}

const kinds = {
  read: 'Reads.',
  write: 'Writes: it takes the metadata idempotency-key.',
  stream: 'Streams until it is ended.',
}

/** The line for a shell that calls the method here, with an example of its request. */
function commandOf({ method, request }: Pick<GrpcMethod, 'method' | 'request'>): string {
  const isPlain = location.protocol === 'http:'
  const port = location.port || (isPlain ? '80' : '443')
  const text = JSON.stringify(request)
  return [
    'grpcurl',
    ...(isPlain ? ['-plaintext'] : []),
    '-H "authorization: Bearer $token"',
    ...(text === '{}' ? [] : [`-d '${text.replaceAll("'", `'\\''`)}'`]),
    `${location.hostname}:${port}`,
    method,
  ].join(' ')
}

function written(name: string, text: string): HTMLElement {
  const element = document.createElement(name)
  element.textContent = text
  return element
}
