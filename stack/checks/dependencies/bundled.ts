/** What the lock says of a package, as far as it is read here. */
export type Locked = {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** What builds the console, and is not in what browsers get. */
const tools = /^(vite|@vitejs\/.+|@types\/.+)$/

/**
 * The folders of the packages whose code is in the pages of the console, and so is passed on with them: what
 * console/package.json names, but for the tools, and what these need.
 */
export function bundledFolders(packages: Readonly<Record<string, Locked>>): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (name: string, from: string) => {
    const folder = lookUp(packages, name, from)
    if (folder === undefined || found.has(folder)) return
    found.add(folder)
    for (const needed of Object.keys(packages[folder]?.dependencies ?? {})) visit(needed, folder)
  }
  for (const name of namedByConsole(packages)) if (!tools.test(name)) visit(name, 'console')
  return found
}

/** All that console/package.json names. */
export function namedByConsole(packages: Readonly<Record<string, Locked>>): readonly string[] {
  const { dependencies, devDependencies } = packages.console ?? {}
  return Object.keys({ ...dependencies, ...devDependencies })
}

/** As Node finds a package: beside who needs it, or further up. */
function lookUp(packages: Readonly<Record<string, Locked>>, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]*$/, '')) {
    const at = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (packages[at] !== undefined) return at
    if (folder === '') return undefined
  }
}
