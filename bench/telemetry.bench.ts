import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClients } from '@hotel/stack/clients'
import { perService } from '@hotel/stack/service-names'
import { type Stack, startStack } from '@hotel/stack/stack'
import { compare } from './measure.ts'
import { benchToken } from './token.ts'

const LOAD = { clients: 16, rounds: 15, milliseconds: 1_000 }

/**
 * What it costs a service to tell about its calls: the same read and the same write, of instances on one database that
 * write a line for each call or none, and record the steps of all traces, of a tenth, or none. All count their metrics.
 */
export async function bench(): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'hotel-bench-'))
  closing.defer(() => rm(dataDir, { recursive: true, force: true }))
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200).end())
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  closing.defer(() => void collector.close().closeAllConnections())
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` }
  const sides = [
    { name: 'lines, traces of all', env: traced },
    {
      name: 'lines, traces of a tenth',
      env: { ...traced, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
    },
    { name: 'lines', env: {} },
    { name: 'neither', env: { LOG_LEVEL: 'silent' } },
  ]
  const stack = await startStack({
    dataDir,
    gateway: false,
    redis: false,
    instances: { guests: sides.length },
    env: { guests: (instance) => sides[instance]?.env ?? {} },
  })
  closing.defer(() => stack.stop())
  const token = await benchToken(stack)
  const guests = stack.addresses.guests.map((address) => {
    const { clients, close } = createClients(
      perService(() => address),
      token,
    )
    closing.defer(close)
    return clients.guests
  })
  const id = (await guests[0]?.createGuest({ first_name: 'Ada' }))?.id ?? ''
  let names = 0
  const contenders = (call: (client: (typeof guests)[number]) => Promise<unknown>) =>
    guests.map((client, index) => ({
      name: sides[index]?.name ?? '',
      call: () => call(client),
      pids: pidsOf(stack, index),
    }))
  await compare(
    'A guest by id',
    contenders((client) => client.getGuest({ id })),
    LOAD,
  )
  await compare(
    'A guest’s new name',
    contenders((client) => client.updateGuest({ id, last_name: `Lovelace ${names++}` })),
    LOAD,
  )
}

/** The service's own alone: what telling costs Postgres is nothing. */
function pidsOf(stack: Stack, instance: number): number[] {
  return [stack.services.guests.instances[instance]?.pid ?? 0]
}
