import { numberOr, optionalText, readEnv } from '../process/env.ts'

/** Where and how the steps of traces are exported. */
export type OtlpSettings = {
  /** Of the collector; over HTTP with the path that takes traces. */
  readonly url: URL
  readonly protocol: Protocol
  /** Sent with each export, as a key of the collector's. */
  readonly headers: Readonly<Record<string, string>>
  /** File of the certificates that an https collector's is checked by. */
  readonly certificate: string | undefined
  readonly timeoutMs: number
  readonly sampler: Sampler
  /** Share of the traces begun here that is sampled, from 0 to 1. */
  readonly ratio: number
  readonly batchSize: number
  readonly batchDelayMs: number
  readonly queueSize: number
  /** The process's name, when it is not to have its own. */
  readonly serviceName: string | undefined
  /** What else is said about every step's process. */
  readonly resource: Readonly<Record<string, string>>
}

/** Shorter than the standard's ten seconds: a process that stops waits so long for a collector that does not answer. */
const TIMEOUT_MS = 2_000

const protocols = ['http/protobuf', 'grpc'] as const
type Protocol = (typeof protocols)[number]

const samplers = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const
type Sampler = (typeof samplers)[number]

/**
 * The settings of tracing by the standard variables of OpenTelemetry (its page "Environment Variable Specification");
 * undefined when no OTLP endpoint is set. Throws an Error that names the variable at fault.
 */
export function otlpSettings(env: NodeJS.ProcessEnv): OtlpSettings | undefined {
  const given = readEnv(env, {
    disabled: ['OTEL_SDK_DISABLED', optionalText],
    exporter: ['OTEL_TRACES_EXPORTER', oneOf(['otlp', 'none'])],
    endpoint: ['OTEL_EXPORTER_OTLP_ENDPOINT', optionalUrl],
    tracesEndpoint: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', optionalUrl],
    protocol: ['OTEL_EXPORTER_OTLP_PROTOCOL', oneOf(protocols)],
    tracesProtocol: ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', optionalOf(protocols)],
    headers: ['OTEL_EXPORTER_OTLP_HEADERS', pairs],
    tracesHeaders: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', pairs],
    certificate: ['OTEL_EXPORTER_OTLP_CERTIFICATE', optionalText],
    tracesCertificate: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', optionalText],
    timeoutMs: ['OTEL_EXPORTER_OTLP_TIMEOUT', numberOr(TIMEOUT_MS)],
    sampler: ['OTEL_TRACES_SAMPLER', oneOf(samplers)],
    ratio: ['OTEL_TRACES_SAMPLER_ARG', ratio],
    batchSize: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', numberOr(512)],
    batchDelayMs: ['OTEL_BSP_SCHEDULE_DELAY', numberOr(5_000)],
    queueSize: ['OTEL_BSP_MAX_QUEUE_SIZE', numberOr(2_048)],
    serviceName: ['OTEL_SERVICE_NAME', optionalText],
    resource: ['OTEL_RESOURCE_ATTRIBUTES', pairs],
  })
  const protocol = given.tracesProtocol ?? given.protocol
  const url = given.tracesEndpoint ?? tracesUrl(given.endpoint, protocol)
  if (url === undefined || given.disabled?.toLowerCase() === 'true' || given.exporter === 'none') return undefined
  return Object.freeze({
    url,
    protocol,
    headers: { ...given.headers, ...given.tracesHeaders },
    certificate: given.tracesCertificate ?? given.certificate,
    timeoutMs: given.timeoutMs,
    sampler: given.sampler,
    ratio: given.ratio,
    batchSize: given.batchSize,
    batchDelayMs: given.batchDelayMs,
    queueSize: given.queueSize,
    serviceName: given.serviceName,
    resource: given.resource,
  })
}

function tracesUrl(endpoint: URL | undefined, protocol: Protocol): URL | undefined {
  if (endpoint === undefined || protocol === 'grpc') return endpoint
  return new URL(`${endpoint.pathname.replace(/\/$/, '')}/v1/traces`, endpoint)
}

function optionalUrl(value: string | undefined): URL | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  // A URL may hold a password, and headers a key: what is wrong is told without them.
  throw new Error('is not an http:// or https:// URL: give one such as http://collector:4318')
}

function optionalOf<Word extends string>(words: readonly Word[]): (value: string | undefined) => Word | undefined {
  return (value) => {
    if (value === undefined) return undefined
    const word = words.find((each) => each === value.trim())
    if (word === undefined) throw new Error(`is "${value}": give one of ${words.join(', ')}`)
    return word
  }
}

/** The first word is the default. */
function oneOf<Word extends string>(words: readonly [Word, ...Word[]]): (value: string | undefined) => Word {
  return (value) => optionalOf(words)(value) ?? words[0]
}

function ratio(value: string | undefined): number {
  const number = Number(value ?? 1)
  if (!(number >= 0 && number <= 1)) throw new Error(`is "${value}": give a number from 0 to 1`)
  return number
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a value with a % that is not part of percent-encoding: write it as %25')
  }
}

function pairs(value: string | undefined): Record<string, string> {
  const entries = (value ?? '').split(',').filter((pair) => pair.trim() !== '')
  return Object.fromEntries(
    entries.map((pair) => {
      const [, key, text] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? []
      if (key === undefined || text === undefined)
        throw new Error('has an entry that is not key=value: give such entries, separated by commas')
      return [key, decoded(text.trim())]
    }),
  )
}
