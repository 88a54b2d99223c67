import { describe, expect, it } from '@jest/globals'
import { ClientError, createServer, type Server, Status } from 'nice-grpc'
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health'
import { createMetrics } from '../telemetry/metrics.ts'
import { openPeer, type Peer, repeatable } from './peers.ts'

function healthServer(): Server {
  const server = createServer()
  const health = HealthState()
  health.setStatus('healthy')
  server.add(HealthDefinition, HealthServiceImpl(health))
  return server
}

const open = (address: string) => openPeer([address], { token: async () => 'a.b.c' }, createMetrics())
const check = (peer: Peer) =>
  peer.client(HealthDefinition).check({ service: '' }, repeatable(new AbortController().signal))

describe('a peer', () => {
  it.each(['localhost', '127.0.0.1'])('is reached at %s', async (host) => {
    const server = healthServer()
    const peer = open(`${host}:${await server.listen('127.0.0.1:0')}`)
    try {
      expect(await check(peer)).toEqual({ status: 1 })
    } finally {
      peer.close()
      await server.shutdown()
    }
  })

  it('answers the first call after it is back, at whichever moment between two tries to connect that is', async () => {
    const before = healthServer()
    const address = `127.0.0.1:${await before.listen('127.0.0.1:0')}`
    await before.shutdown()
    const peers = Array.from({ length: 20 }, () => open(address))
    // So many that the time between two tries has grown to its longest.
    const fail = async (peer: Peer) => {
      for (let n = 0; n < 5; n++) {
        const error = await check(peer).catch((error: unknown) => error)
        expect(error).toBeInstanceOf(ClientError)
        expect(error).toMatchObject({ code: Status.UNAVAILABLE })
      }
    }
    const again = healthServer()
    try {
      await Promise.all(peers.map(fail))
      await again.listen(address)
      expect(await Promise.all(peers.map(check))).toEqual(peers.map(() => ({ status: 1 })))
    } finally {
      for (const peer of peers) peer.close()
      await again.shutdown()
    }
  })
})
