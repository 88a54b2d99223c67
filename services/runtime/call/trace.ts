/** A place in a trace, as the headers `traceparent` and `tracestate` say it: https://www.w3.org/TR/trace-context/. */
export type TraceContext = {
  readonly traceId: string
  readonly traceparent: string
  readonly tracestate: string | undefined
}

/** What is said about a step: never a name, a contact, an address or a value of a statement. */
export type Attributes = Readonly<Record<string, string | number>>

/** A timed step of a trace. */
export type Span = {
  readonly context: TraceContext
  /** Whether the trace is sampled; a step that is not costs nothing and leads nowhere. */
  readonly recorded: boolean
  /** Begins a step within this one, towards a peer or the database. */
  step(name: string, attributes: Attributes): Span
  /** Ends the step; `error` is the class of what failed, as a status code. */
  end(attributes?: Attributes, error?: string): void
}

/** Records the steps of this process and exports them. */
export type Tracing = {
  /** Begins the step of a call, within its caller's when that is known. */
  begin(name: string, caller: TraceContext | undefined, attributes: Attributes): Span
  /** Exports what is left. */
  close(): Promise<void>
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/
const LONGEST = 512

/** The place in a trace that a caller's headers say; undefined when there is none or it is not well-formed. */
export function traceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  const traceId = TRACEPARENT.exec(traceparent ?? '')?.[1]
  if (traceparent === undefined || traceId === undefined || traceparent.length > LONGEST) return undefined
  // A tracestate that is too long is dropped whole, and the trace goes on without.
  return { traceId, traceparent, tracestate: tracestate && tracestate.length <= LONGEST ? tracestate : undefined }
}
