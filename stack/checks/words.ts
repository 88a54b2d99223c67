import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { filesBelow } from '../setup/files-below.mjs'
import { root } from '../setup/run.mjs'
import { luaMessagesOf, messagesOf, proseOf, protoTextOf, yamlTextOf } from './word-texts.ts'

/** A turn that is hard to read for people from other countries, and the plain one in its place. */
type Turn = { readonly turn: RegExp; readonly instead: string }

/** The turns that are not to come back. */
const TURNS: readonly Turn[] = [
  { turn: /\bcan not\b/i, instead: 'cannot' },
  { turn: /\bmend(s|ed|ing)?\b/i, instead: 'fix' },
  { turn: /\b(is|are|be|been) told\b/i, instead: 'gets, is reported' },
  { turn: /\b(whoever|whomever|of whom)\b/i, instead: 'a caller that' },
  { turn: /\b(for|to|by|of|from) who\b/i, instead: 'for a caller that' },
  { turn: /\bwhatever (the|its|their|his)\b/i, instead: 'regardless of' },
  { turn: /\b(anew|afresh)\b/i, instead: 'again' },
  { turn: /\b(likewise|besides|hence|thereof|therein|wherein|thereby)\b/i, instead: 'also, in the same way, so' },
  { turn: /\bto be had\b/i, instead: 'available' },
  { turn: /\bnights in the way\b/i, instead: 'conflicting nights' },
  { turn: /\bfeed head\b/i, instead: 'head' },
  { turn: /\bdear(er|est)? (calls?|requests?|methods?)\b/i, instead: 'expensive' },
  { turn: /(?<!there )\b(is|are) no (?!longer\b|more\b|less\b|different\b|match\b)[a-z]/i, instead: 'is not a' },
  { turn: /(?:^|[.;:!] )(Who|Whom|Whoever|Whatever|What) [^?.!]*(?:[.!]|$)/, instead: 'a noun as the subject' },
]

/** Where the words stand that users read, with what reads them out of a file. */
const SOURCES: readonly { readonly below: string; readonly name: RegExp; readonly read: (text: string) => string[] }[] =
  [
    { below: '', name: /^(README|CONTRIBUTING|SECURITY|CHANGELOG)\.md$/, read: proseOf },
    { below: 'docs', name: /\.md$/, read: proseOf },
    { below: 'clients/typescript', name: /^README\.md$/, read: proseOf },
    { below: 'clients/python', name: /^README\.md$/, read: proseOf },
    { below: 'proto/hotel', name: /\.proto$/, read: protoTextOf },
    ...['services', 'gateway', 'stack', 'transfer', 'demo', 'console/src'].map((below) => ({
      below,
      name: /(?<!\.test)\.(ts|tsx|mjs)$/,
      read: messagesOf,
    })),
    { below: 'deploy', name: /\.(yml|json)$/, read: yamlTextOf },
    { below: 'gateway/lua', name: /\.lua$/, read: luaMessagesOf },
  ]

/** Each place where one of the turns stands; nothing when there is none. */
export async function lookAtWords(): Promise<string | undefined> {
  const found = await Promise.all(
    SOURCES.map(async (source) => (await filesOf(source)).map((file) => ({ file, ...source }))),
  )
  const lines = await Promise.all(
    found.flat().map(async ({ file, read }) => {
      const texts = read(await readFile(path.join(root, file), 'utf8'))
      return texts.flatMap(turnsIn).map((wrong) => `${file}: ${wrong}`)
    }),
  )
  const all = lines.flat()
  return all.length === 0 ? undefined : `Say these in plain English (CONTRIBUTING.md):\n${all.join('\n')}`
}

/** The turns in a text, each with the words around it and the plain one. */
export function turnsIn(text: string): string[] {
  return TURNS.flatMap(({ turn, instead }) => {
    const found = turn.exec(text)
    if (found === null) return []
    const around = text.slice(Math.max(0, found.index - 20), found.index + 60)
    return [`"… ${around} …": ${instead}`]
  })
}

/** A page that a program makes, and the list of turns itself. */
const MADE_OR_ABOUT = ['docs/dependencies.md', 'stack/checks/words.ts']

async function filesOf({ below, name }: (typeof SOURCES)[number]): Promise<string[]> {
  const folder = path.join(root, below)
  const files = below === '' ? await readdir(folder) : await filesBelow(folder)
  return files
    .map((file) => path.relative(root, path.resolve(folder, file)))
    .filter((file) => name.test(path.basename(file)) && !/(^|\/)(node_modules|gen|dist)\//.test(file))
    .filter((file) => !MADE_OR_ABOUT.includes(file))
}

if (import.meta.main) console.log((await lookAtWords()) ?? 'The words are plain.')
