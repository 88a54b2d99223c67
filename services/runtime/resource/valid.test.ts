import { expect, test } from '@jest/globals'
import { requiredName } from './text-rules.ts'
import { validChanges } from './valid.ts'

test.each(['__proto__', 'constructor', 'toString', 'nothing'])('a mask that names %s names no field', (name) => {
  expect(() => validChanges({ update_mask: [name] }, { first_name: requiredName() })).toThrow(
    `update_mask: "${name}" is not a field that can be changed: name one of first_name`,
  )
})
