import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { root } from '../../stack/setup/run.mjs'

const blocks = [...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]

// What is pasted into a terminal: whole, in part, again, in bash and in zsh.
test.each(blocks.map(([, block = '']) => [block]))('can be pasted: %s', (block) => {
  // What runs long is alone: the lines after it would run when it is interrupted.
  if (/^npm (start|test)/m.test(block)) expect(block.trim().split('\n')).toHaveLength(1)
  // The user's own commands stay what they are.
  expect(block).not.toMatch(/\b(curl|grpcurl|jq|npm|node) *\(\)/)
  // In zsh a comment is none, and a colon after a name changes the value.
  expect(block).not.toMatch(/(^|\s)#|\$\w+:(?!\/)/)
  // Once there, a key or a number of a room would be refused, or answered by what was before.
  expect(block).not.toMatch(/idempotency-key: [\w-]+['"]|"number\\?": \\?"\w/)
})
