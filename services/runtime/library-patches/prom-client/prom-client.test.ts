import { expect, test } from '@jest/globals'
import { Counter, Registry } from 'prom-client'

test('prom-client/foreign-family: labels that are known for good are read again for each observation', () => {
  const counter = new Counter({ name: 'calls', help: 'Calls.', labelNames: ['method'], registers: [new Registry()] })
  let reads = 0
  const labels = {
    get method() {
      reads += 1
      return 'Get'
    },
  }
  const ofMethod = counter.labels(labels)
  const before = reads
  for (let call = 0; call < 3; call += 1) ofMethod.inc()
  expect(reads - before).toBeGreaterThanOrEqual(3)
})
