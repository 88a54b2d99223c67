import { expect, test } from '@jest/globals'
import { luaMessagesOf, messagesOf, proseOf, protoTextOf, yamlTextOf } from './word-texts.ts'
import { lookAtWords, turnsIn } from './words.ts'

test('the checkout has none of the turns', async () => {
  expect(await lookAtWords()).toBeUndefined()
})

test.each([
  'A room can not be held twice.',
  'The lines are mended.',
  'The caller is told why.',
  'It is sent to whoever asks.',
  'It is compressed for who accepts it.',
  'It is refused whatever the case.',
  'It is tried anew.',
  'It takes a token besides.',
  'No connection was to be had.',
  'The refusal has the nights in the way.',
  'It is taken under the feed head.',
  'These are dear calls.',
  'The value is no date.',
  'Who names none gets it.',
  'The rest is as before: what is wrong is refused. What is wrong in itself costs nothing',
])('finds the turn in: %s', (text) => {
  expect(turnsIn(text)).toHaveLength(1)
})

test.each([
  'There is no such path.',
  'It is no longer accepted.',
  'What would you like to see?',
  'The page says what it refuses and who changed it.',
  'Guests who overstay come first.',
])('leaves alone: %s', (text) => {
  expect(turnsIn(text)).toEqual([])
})

test('of a page the prose is read, and neither its code, its headings nor what the bench writes', () => {
  const page = [
    '## What a refusal says',
    'One line and `what is none`,',
    'and [the next](docs/anew.md).',
    '- An item',
    '| cell | **bold** |',
    '```sh\nanew\n```',
    '<!-- bench reads -->\nanew\n<!-- /bench -->',
  ].join('\n')
  expect(proseOf(page)).toEqual(['One line and X, and the next.', 'An item', 'cell', 'bold'])
})

test('of a proto the comments are read by paragraph, and the messages of rules', () => {
  const proto =
    '// One line\n// and `anew`.\n//\n// The next.\nmessage Room {\n  // A field.\n  message: "is wrong"\n}\n'
  expect(protoTextOf(proto)).toEqual(['One line and X.', 'The next.', 'A field.', 'is wrong'])
})

test('of code the quoted texts of three words and more are read, and neither comments, names nor SQL', () => {
  const code = [
    '/** A comment of three words. */',
    `throw new Error(\`the room \${room} is \${taken ? 'held' : 'free'}\`) // held again and again`,
    "const sql = 'select id from room where id = 1'",
    "say('two words', \"it isn't free now\")",
    "say('use npm run import -- guests.csv')",
  ].join('\n')
  expect(messagesOf(code)).toEqual(['the room X is X', "it isn't free now", 'use npm run import -- guests.csv'])
  expect(luaMessagesOf('-- A comment of three words.\nsay("it is not well-formed")')).toEqual(['it is not well-formed'])
})

test('of YAML the comments and the quoted texts are read', () => {
  const yaml = '# One line\nexpr: sum by (service) (up)\nsummary: "It isn\'t up again."\n'
  expect(yamlTextOf(yaml)).toEqual(['One line', "It isn't up again."])
})
