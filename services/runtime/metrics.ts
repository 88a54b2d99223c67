import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** The metrics of one process, in the conventions of Prometheus. */
export type Metrics = {
  readonly registry: Registry
  /** Counts a finished call: its full method name, status code and seconds. */
  called(method: string, code: string, seconds: number): void
}

/** Makes the process's metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const calls = new Counter({
    name: 'grpc_server_handled_total',
    help: 'Finished calls by method and status code.',
    labelNames: ['method', 'code'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'grpc_server_handling_seconds',
    help: 'Time to answer a call.',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return {
    registry,
    called(method, code, elapsed) {
      calls.inc({ method, code })
      seconds.observe({ method }, elapsed)
    },
  }
}

/** Serves the metrics over HTTP at `/metrics` of host:port; returns how to stop. */
export async function serveMetrics({ registry }: Metrics, address: string): Promise<() => Promise<void>> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
  })
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? []
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), host, resolve))
  return () => new Promise((resolve) => server.close(() => resolve()))
}
