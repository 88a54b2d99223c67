import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { root, run, runStep } from './run.mjs'

/**
 * The reference of the API as a page: one script that its makers have built. Only this file of the package is used, so that
 * its 250 dependencies, which are in the script already, are not installed.
 */
export const scalar = {
  name: '@scalar/api-reference',
  version: '1.76.0',
  integrity: 'sha512-pjqwnzmA9YK3ZX+IZSICMsywm4qI6HLSngR2py9H6TvFApHHuJjkTAd+gFJfnqJDzJuro8k7ji6JCtJ2U+Byng==',
}
const folder = path.join(root, '.tools', `scalar-${scalar.version}`)
const script = path.join(folder, 'standalone.js')
/** Where the build of the console finds it; not in the repository. */
export const placed = path.join(root, 'console', 'docs', 'scalar.js')

/**
 * Puts the script to the pages of the console; what is wrong when it could not be fetched.
 * @returns {Promise<string | undefined>}
 */
export async function placeScalar() {
  if (!existsSync(script)) {
    const problem = await fetchScalar()
    if (problem !== undefined) return problem
  }
  await copyFile(script, placed)
}

async function fetchScalar() {
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  try {
    const wanted = `${scalar.name}@${scalar.version}`
    const args = ['pack', wanted, '--pack-destination', partial, '--silent', '--ignore-scripts']
    const packed = await runStep(`Fetching Scalar (${wanted})`, 'npm', args)
    const file = packed.output.trim().split('\n').at(-1) ?? ''
    if (!packed.ok) return `${wanted} could not be fetched: ${file}`
    const archive = path.join(partial, file)
    const hash = createHash('sha512').update(await readFile(archive))
    if (`sha512-${hash.digest('base64')}` !== scalar.integrity) return `${wanted} differs from the pinned package`
    const within = 'package/dist/browser/standalone.js'
    const unpacked = await run('tar', ['-xzf', archive, '-C', partial, '--strip-components=3', within])
    if (!unpacked.ok) return `${wanted} could not be unpacked: ${unpacked.output.trim()}`
    await rm(archive)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}
