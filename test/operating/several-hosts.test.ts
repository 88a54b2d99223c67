import { type AddressInfo, createServer, type Server } from 'node:net'
import { encryptedUrl } from '@hotel/runtime/database/database-url'
import { administer } from '@hotel/stack/servers/administer'
import { afterEach, expect, test } from '@jest/globals'
import { CLUSTER_VARIABLE, type TestCluster } from '../harness/test-cluster.ts'

const { adminUrl } = JSON.parse(process.env[CLUSTER_VARIABLE] ?? '') as TestCluster

let first: Server | undefined
afterEach(() => void first?.close())

/** A URL with a host of our own before the tests' server; what comes there is answered with these bytes, and then closed. */
async function behind(bytes: Buffer): Promise<string> {
  first = createServer((socket) => void socket.once('data', () => socket.end(bytes)))
  await new Promise<void>((resolve) => first?.listen(0, '127.0.0.1', resolve))
  const { port } = first.address() as AddressInfo
  const url = new URL(adminUrl)
  const several = adminUrl.replace(url.host, `127.0.0.1:${port},${url.host}`)
  return encryptedUrl(`${several}?target_session_attrs=read-write`, false)
}

/** The answer of a server that starts. https://www.postgresql.org/docs/current/protocol-message-formats.html */
function starting(): Buffer {
  const fields = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0')
  const head = Buffer.alloc(5, 'E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

test.each([
  ['that is not ready yet', starting()],
  ['that takes connections and says nothing', Buffer.alloc(0)],
])('behind a host %s the one that takes writes is found', async (_what, bytes) => {
  const rows = await administer(await behind(bytes), async (client) => (await client.query('select 1 as one')).rows)
  expect(rows).toEqual([{ one: 1 }])
})
