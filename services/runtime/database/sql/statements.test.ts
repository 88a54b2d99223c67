import { expect, test } from '@jest/globals'
import { statementsOf } from './statements.ts'

test('statements are told apart by the semicolons that end one', () => {
  const body = `create function f() returns text language plpgsql as $$ begin return 'a;b'; end $$`
  const quoted = `select 'it''s; one' as "a;b" -- not here; either`
  expect(statementsOf(`-- A word; and another.\n${body};\n${quoted}\n;\n/* ; */ select 1`)).toEqual([
    `-- A word; and another.\n${body}`,
    quoted,
    '/* ; */ select 1',
  ])
})

test('a body with a tag of its own is whole', () => {
  const nested = 'do $a$ begin execute $$ select 1; $$; end $a$'
  expect(statementsOf(`${nested};`)).toEqual([nested])
})

test('what is only comments is no statement', () => {
  expect(statementsOf(' -- nothing;\n; ;')).toEqual([])
})

test('a body without quotes is refused', () => {
  expect(() => statementsOf('create function f() returns int begin atomic select 1; end;')).toThrow('begin atomic')
})
