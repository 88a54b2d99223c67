import {
  type Context,
  DiagLogLevel,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  defaultResource,
  detectResources,
  hostDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Span, TraceContext, Tracing } from '../call/trace.ts'
import type { Logger } from '../process/log.ts'
import type { OtlpSettings } from './otlp.ts'

const w3c = new W3CTraceContextPropagator()

/** Starts to record and export. The exporter reads the rest of the standard variables itself. */
export async function startTracing(service: string, settings: OtlpSettings, log: Logger): Promise<Tracing> {
  diag.setLogger(toLog(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const { OTLPTraceExporter } =
    settings.protocol === 'grpc'
      ? await import('@opentelemetry/exporter-trace-otlp-grpc')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [hostDetector, serviceInstanceIdDetector] }))
      .merge(resourceFromAttributes({ ...settings.resource, 'service.name': settings.serviceName ?? service })),
    sampler: samplerOf(settings),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ timeoutMillis: settings.timeoutMs }),
        maxExportBatchSize: settings.batchSize,
        scheduledDelayMillis: settings.batchDelayMs,
        maxQueueSize: settings.queueSize,
        exportTimeoutMillis: settings.timeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('hotel')
  return {
    begin(name, caller, attributes) {
      const parent = caller === undefined ? ROOT_CONTEXT : w3c.extract(ROOT_CONTEXT, caller, defaultTextMapGetter)
      return spanOf(tracer, tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent), parent)
    },
    close: () =>
      provider
        .shutdown()
        .catch((error: Error) => log.warn({ err: error.message }, 'the last spans of traces were not exported')),
  }
}

function spanOf(tracer: Tracer, span: OtelSpan, parent: Context): Span {
  const context = trace.setSpan(parent, span)
  let headers: TraceContext | undefined
  return {
    get context() {
      headers ??= headersOf(context, span)
      return headers
    },
    recorded: span.isRecording(),
    step: (name, attributes) =>
      spanOf(tracer, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context), context),
    end(attributes = {}, error) {
      span.setAttributes(attributes)
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

function headersOf(context: Context, span: OtelSpan): TraceContext {
  const headers: Record<string, string> = {}
  w3c.inject(context, headers, defaultTextMapSetter)
  return { traceId: span.spanContext().traceId, traceparent: headers.traceparent ?? '', tracestate: headers.tracestate }
}

function samplerOf({ sampler, ratio }: OtlpSettings): Sampler {
  const root = (kind: string) => {
    if (kind === 'always_off') return new AlwaysOffSampler()
    return kind === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
  }
  const [, kind] = /^parentbased_(.*)$/.exec(sampler) ?? []
  return kind === undefined ? root(sampler) : new ParentBasedSampler({ root: root(kind) })
}

/** What OpenTelemetry says about itself, as a collector that does not answer. */
function toLog(log: Logger) {
  const at = (level: 'debug' | 'warn' | 'error') => (message: string) => log[level]({ err: message }, 'tracing')
  return { verbose: at('debug'), debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('error') }
}
