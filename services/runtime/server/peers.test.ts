import { describe, expect, it } from '@jest/globals'
import { createServer } from 'nice-grpc'
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health'
import { createMetrics } from '../telemetry/metrics.ts'
import { openPeer, repeatable } from './peers.ts'

describe('a peer', () => {
  it.each(['localhost', '127.0.0.1'])('is reached at %s', async (host) => {
    const server = createServer()
    const health = HealthState()
    health.setStatus('healthy')
    server.add(HealthDefinition, HealthServiceImpl(health))
    const port = await server.listen('127.0.0.1:0')
    const peer = openPeer([`${host}:${port}`], { token: async () => 'a.b.c' }, createMetrics())
    try {
      const { status } = await peer
        .client(HealthDefinition)
        .check({ service: '' }, repeatable(new AbortController().signal))
      expect(status).toBe(1)
    } finally {
      peer.close()
      await server.shutdown()
    }
  })
})
