import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { perService } from '@hotel/stack/service-names'
import { createClients } from '@hotel/test/harness/clients'
import { startBenchSuite } from '../data/suite.ts'
import { clientSide } from '../load/clients.ts'
import type { Run } from '../run.ts'

const NEITHER = 'neither'
const CLIENTS = 16

/**
 * What it costs a service to tell about its calls: the same read and the same write, of instances on one database that
 * write a line for each call or none, and record the steps of all traces, of a tenth, or none. All count their metrics.
 */
export async function alone(run: Run): Promise<void> {
  await using closing = new AsyncDisposableStack()
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
    { name: NEITHER, env: { LOG_LEVEL: 'silent' } },
  ]
  const suite = await startBenchSuite({
    gateway: false,
    redis: false,
    instances: { guests: sides.length },
    env: { guests: (instance) => sides[instance]?.env ?? {} },
  })
  closing.use(suite)
  const instances = suite.stack.addresses.guests.map((address, index) => {
    const { clients, close } = createClients(
      perService(() => address),
      suite.token,
    )
    closing.defer(close)
    // The service's own alone: what telling costs Postgres is nothing.
    const processes = { service: [suite.stack.services.guests.instances[index]?.pid ?? 0] }
    return { name: sides[index]?.name ?? '', client: clients.guests, processes }
  })
  const id = (await instances[0]?.client.createGuest({ first_name: 'Ada' }))?.id ?? ''
  let names = 0
  type Client = (typeof instances)[number]['client']
  const figure = (name: string, title: string, call: (client: Client) => Promise<unknown>) =>
    run.figure({
      name,
      title,
      unit: 'calls/s',
      sides: instances.map(({ name, client, processes }) =>
        clientSide({ name, clients: CLIENTS, call: () => call(client), processes }),
      ),
      comparisons: instances.flatMap(({ name }) => (name === NEITHER ? [] : [{ of: name, to: NEITHER }])),
    })
  await figure('telemetry-read', 'A guest by id, as the service tells of it', (client) => client.getGuest({ id }))
  await figure('telemetry-write', 'A guest’s new name, as the service tells of it', (client) =>
    client.updateGuest({ id, last_name: `Lovelace ${names++}` }),
  )
}
