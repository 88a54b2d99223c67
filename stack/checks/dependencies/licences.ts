import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../setup/run.mjs'
import { type Dependency, licenceProblems, listDependencies, listOthers } from './dependencies.ts'
import { notUsed } from './libraries-not-used.ts'
import { type LibraryPatch, listPatches } from './library-patches.ts'
import { others, reasons } from './reasons.ts'

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
  const { values } = parseArgs({ args: [...args], options: { write: { type: 'boolean', default: false } } })
  if (values.write) await writeFile(page, text)
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
  const alsoUsed = (await listOthers()).map(({ name, version }) =>
    row(name, version, others[name]?.licence ?? '', others[name]?.why ?? ''),
  )
  return `# Dependencies and their licences

\`npm run licences -- --write\` makes this page. \`npm test\` fails when it is out of date, when the licence of a package that serves
is not one of those in \`stack/checks/dependencies/dependencies.ts\`, or when the text of a licence is missing.

## Packages that serve

${table(rows('dependencies'))}

## Packages of the console

The packages that browsers get, and those that build them; the licences of the former must be in the same list.

${table(rows('console'))}

## Packages that build and test

${table(rows('devDependencies'))}

## Not from the lock

${table(alsoUsed)}

## Patches of libraries

Each workaround is in [\`services/runtime/library-patches\`](../services/runtime/library-patches), with a test there that fails when the
library no longer needs it. Look at the patch when the library has a new version: the checks compare the version with the one here.

${patchTable(await listPatches())}

## Libraries that are not used

${notUsed.map(({ what, why }) => `- **${what}**: ${why}`).join('\n')}

## Packages that the packages that serve need

${indirect(dependencies, ({ production }) => production)}

## Packages that the packages of the console bring into its pages

${indirect(dependencies, ({ bundled }) => bundled)}
`
}

function patchTable(patches: readonly LibraryPatch[]): string {
  const rows = patches.map(({ name, library, version, issue, why }) => row(name, `${library} ${version}`, why, issue))
  return `| | library | why | issue |\n|---|---|---|---|\n${rows.join('\n')}`
}

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`
const table = (rows: readonly string[]) => `| | version | licence | |\n|---|---|---|---|\n${rows.join('\n')}`

function indirect(dependencies: readonly Dependency[], isMeant: (each: Dependency) => boolean): string {
  const byLicence = Map.groupBy(
    dependencies.filter((each) => isMeant(each) && each.named === undefined),
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
