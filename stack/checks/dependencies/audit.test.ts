import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { auditDependencies, NotRun } from './audit.ts'

type Advisory = { id: number; url: string; title: string; severity: string; vulnerable_versions: string }
const advisory = (severity: string): Advisory[] => [
  { id: 1, url: 'https://advisories.example/1', title: 'Bad', severity, vulnerable_versions: '>=0' },
]

/** npm remembers advisories: these are not to be remembered elsewhere. */
let cache: string
beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'audit-'))
})
afterAll(() => rm(cache, { recursive: true, force: true }))
const npmAt = (port: number) => [`--registry=http://127.0.0.1:${port}`, `--cache=${cache}`]

/** Has npm itself ask a registry that answers so; gives the outcome and all that was written. */
async function auditWith(status: number, advisories: Record<string, Advisory[]>) {
  const server = createServer((request, answer) => {
    const isAsked = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk'
    request.resume().once('end', () => {
      answer.writeHead(isAsked ? status : 404, { 'content-type': 'application/json' })
      answer.end(isAsked ? JSON.stringify(advisories) : '{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const said: string[] = []
  try {
    const { port } = server.address() as AddressInfo
    return { outcome: await auditDependencies({ npm: npmAt(port), say: (line) => said.push(line) }), said }
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('a report without vulnerabilities passes', async () => {
  expect(await auditWith(200, {})).toEqual({ outcome: undefined, said: [] })
})

test('a serious vulnerability of a serving package fails; a lesser one, or one of a tool, is reported', async () => {
  expect(
    await auditWith(200, { pino: advisory('high'), jest: advisory('critical'), 'prom-client': advisory('moderate') }),
  ).toEqual({
    outcome: 'pino, high: Bad (https://advisories.example/1).',
    said: [
      'Known, and not serious here: jest, critical: Bad (https://advisories.example/1).',
      'Known, and not serious here: prom-client, moderate: Bad (https://advisories.example/1).',
    ],
  })
})

test.each([405, 404, 500])(
  'a registry that answers %i proves nothing: the check is not run, and not passed',
  async (status) => {
    const { outcome, said } = await auditWith(status, {})
    expect([outcome, said]).toEqual([expect.any(NotRun), []])
  },
)

test('a registry that does not answer proves nothing either', async () => {
  expect(await auditDependencies({ npm: npmAt(1) })).toMatchObject({ why: expect.stringContaining('ECONNREFUSED') })
})
