import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Dependency, licenceProblems, listDependencies, listOthers } from './dependencies.ts'
import { others, reasons } from './dependency-reasons.ts'
import { root } from './setup/run.mjs'

const page = path.join(root, 'docs', 'dependencies.md')

/** Nothing when all licences are in order and docs/dependencies.md says what is used; else what is wrong. */
export async function lookAtLicences(): Promise<string | undefined> {
  const dependencies = await listDependencies()
  const problems = await licenceProblems(dependencies)
  if (problems.length > 0) return problems.join('\n')
  const written = await readFile(page, 'utf8').catch(() => '')
  return written === (await render(dependencies))
    ? undefined
    : 'docs/dependencies.md is out of date: run `npm run licences -- --write`.'
}

/** `npm run licences`: prints the page, or writes it. */
async function main(args: readonly string[]): Promise<void> {
  const dependencies = await listDependencies()
  const text = await render(dependencies)
  if (args.includes('--write')) await writeFile(page, text)
  else console.log(text)
  const problems = await licenceProblems(dependencies)
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}

async function render(dependencies: readonly Dependency[]): Promise<string> {
  const rows = (part: Dependency['named']) =>
    dependencies
      .filter(({ named }) => named === part)
      .map(({ name, version, licence }) => row(name, version, licence, reasons[name] ?? ''))
  const besides = (await listOthers()).map(({ name, version }) =>
    row(name, version, others[name]?.licence ?? '', others[name]?.why ?? ''),
  )
  return `# Dependencies and their licences

Made by \`npm run licences -- --write\`; \`npm test\` fails when it is out of date, when the licence of a package that serves
is none of those in \`stack/dependencies.ts\`, or when its text is missing.

## Packages that serve

${table(rows('dependencies'))}

## Packages that build and test

${table(rows('devDependencies'))}

## Not from npm

${table(besides)}

## What the packages that serve need themselves

${indirect(dependencies)}
`
}

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`
const table = (rows: readonly string[]) => `| | version | licence | |\n|---|---|---|---|\n${rows.join('\n')}`

function indirect(dependencies: readonly Dependency[]): string {
  const byLicence = Map.groupBy(
    dependencies.filter((each) => each.production && each.named === undefined),
    ({ licence }) => licence,
  )
  return [...byLicence]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, all]) => {
      const names = [...new Set(all.map(({ name, version }) => `${name} ${version}`))]
      return `- ${licence}: ${names.join(', ')}`
    })
    .join('\n')
}

if (import.meta.main) await main(process.argv.slice(2))
