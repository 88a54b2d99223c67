/** The paragraphs, list items and cells of a page in Markdown: without code, headings and parts that a program makes. */
export function proseOf(markdown: string): string[] {
  const prose = markdown
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/<!-- bench .*?<!-- \/bench -->/gs, '')
    .replaceAll(/^#+ .*$/gm, '')
    .replaceAll(/`[^`]*`/g, 'X')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/[*[\]]/g, '')
  return prose
    .split(/\n\s*\n|\n(?=\s*(?:-|\d+\.|\|) ?)|\|/)
    .map((text) => oneLine(text).replace(/^(-|\d+\.) /, ''))
    .filter((text) => text !== '')
}

/** The comments of a proto, by paragraph, and the messages of its rules. */
export function protoTextOf(proto: string): string[] {
  const comments = [...proto.matchAll(/(?:^ *\/\/.*\n)+/gm)].flatMap(([block]) => block.split(/^ *\/\/ *$/m))
  const messages = [...proto.matchAll(/\bmessage: "(.*)"$/gm)].map(([, message = '']) => message)
  return [...comments.map((text) => text.replaceAll(/^ *\/\/ ?/gm, '').replaceAll(/`[^`]*`/g, 'X')), ...messages].map(
    oneLine,
  )
}

/** The quoted texts of at least three words in TypeScript or JavaScript, other than SQL. */
export function messagesOf(code: string): string[] {
  return quotedIn(code.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(^|\s)\/\/.*$/gm, ''))
}

/** The comments of a file in YAML, and its quoted texts; those of JSON, a part of YAML, too. */
export function yamlTextOf(yaml: string): string[] {
  const comments = [...yaml.matchAll(/^\s*# (.*)$/gm)].map(([, text = '']) => text)
  return [...comments, ...quotedIn(yaml.replaceAll(/^\s*#.*$/gm, ''))]
}

/** The same of Lua. */
export function luaMessagesOf(code: string): string[] {
  return quotedIn(code.replaceAll(/(^|\s)--.*$/gm, ''))
}

function quotedIn(bare: string): string[] {
  const quoted = bare.matchAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gs)
  return [...quoted]
    .map(([text]) => oneLine(text.slice(1, -1).replaceAll(/\\`[^`]*\\`|\$\{[^}]*\}/g, 'X')))
    .filter((text) => /[a-z]+ [a-z]+ [a-z]+/i.test(text) && !SQL.test(text))
}

const SQL =
  /\b(select|insert into|update \w+ set|delete from|alter|create|revoke|grant)\b.*\b(from|where|table|role|schema|on|to|set|values)\b/i

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
