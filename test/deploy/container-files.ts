import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Copy as CopyInstruction, DockerfileParser, type From, type JSONInstruction } from 'dockerfile-ast'
import { parse } from 'yaml'
import { root } from '../../stack/setup/run.mjs'

/** What docker-compose.yml says of one service, as far as the tests read it. */
export type ComposeService = {
  readonly image?: string
  readonly build?: { readonly dockerfile: string; readonly args?: Readonly<Record<string, string>> }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly [key: string]: unknown
}

export type Compose = {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
  readonly [key: string]: unknown
}

/** Reads docker-compose.yml or one beside it, with `${NAME:-default}` put in as compose does; also the names that it asked for. */
export async function readCompose(
  env: Readonly<Record<string, string>> = {},
  file = 'docker-compose.yml',
): Promise<{ compose: Compose; asked: Set<string> }> {
  const asked = new Set<string>()
  const put = (text: string) =>
    text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, fallback: string) => {
      asked.add(name)
      return env[name] || fallback
    })
  const text = await readFile(path.join(root, file), 'utf8')
  const filled = (_: unknown, value: unknown) => (typeof value === 'string' ? put(value) : value)
  return { compose: parse(text, filled, { merge: true }) as Compose, asked }
}

/** `COPY`: from another stage, or from the repository. */
export type Copy = { readonly from: string | undefined; readonly sources: readonly string[]; readonly target: string }

/** The last stage of a Dockerfile, which is what the image holds. */
export type Image = {
  /** All images that it begins with. */
  readonly bases: readonly string[]
  /** All that is copied from the repository, in any stage. */
  readonly sources: readonly string[]
  readonly copies: readonly Copy[]
  readonly workdir: string
  readonly user: string
  readonly command: readonly string[]
}

/** Reads a Dockerfile with these build arguments. */
export async function readImage({ dockerfile, args = {} }: NonNullable<ComposeService['build']>): Promise<Image> {
  const source = (await readFile(path.join(root, dockerfile), 'utf8')).replace(
    /\$\{(\w+)\}/g,
    (whole, name: string) => args[name] ?? whole,
  )
  const instructions = DockerfileParser.parse(source).getInstructions()
  const named = (keyword: string) => instructions.filter((each) => each.getKeyword() === keyword)
  const froms = named('FROM') as From[]
  const stages = froms.map((from) => from.getBuildStage())
  const last = froms.at(-1)?.getRange().start.line ?? 0
  const copies = named('COPY').map((each) => {
    const values = each.getArguments().map((argument) => argument.getValue())
    const from = (each as CopyInstruction).getFlags().find((flag) => flag.getName() === 'from')
    const copy: Copy = {
      from: from?.getValue() ?? undefined,
      sources: values.slice(0, -1),
      target: values.at(-1) ?? '',
    }
    return { copy, isLast: each.getRange().start.line > last }
  })
  const words = (keyword: string) => {
    const found = named(keyword).at(-1) as JSONInstruction | undefined
    return found?.getJSONStrings().map((each) => each.getJSONValue()) ?? []
  }
  const text = (keyword: string) => named(keyword).at(-1)?.getArgumentsContent() ?? ''
  return {
    bases: froms.map((from) => from.getImage() ?? '').filter((image) => !stages.includes(image)),
    sources: copies.flatMap(({ copy }) => (copy.from === undefined ? copy.sources : [])),
    copies: copies.filter(({ isLast }) => isLast).map(({ copy }) => copy),
    workdir: text('WORKDIR'),
    user: text('USER'),
    command: [...words('ENTRYPOINT'), ...words('CMD')],
  }
}
