import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { filesBelow } from './files-below.mjs'
import { nodeBinary } from './install.mjs'
import { root, runStep } from './run.mjs'
import { placed, placeScalar } from './scalar.mjs'

const source = path.join(root, 'console')
const dist = path.join(source, 'dist')
const stamp = path.join(root, '.build', 'console')

/** What is compressed: the rest is so already. */
const texts = /\.(css|html|js|json|md|svg|txt|webmanifest)$/
/** Below so many bytes compressing costs more than it saves, as gateway/envoy/compression.ts has it. */
const LEAST_COMPRESSED = 1_024

/**
 * Builds the pages of the console when their sources have changed since, and puts the documents beside them; what is wrong
 * when they cannot be built. The suite does without them.
 * @returns {Promise<string | undefined>}
 */
export async function buildConsole() {
  // A part of the checkout, as an image has it: then the suite is without pages, as `npm start` says.
  if (!existsSync(path.join(source, 'package.json'))) return
  const [pages, documents] = await Promise.all([fingerprint(await sources()), fingerprint(await documentFiles())])
  const [builtPages, copiedDocuments] = (await readFile(stamp, 'utf8').catch(() => '')).split('\n')
  const isBuilt = builtPages === pages && existsSync(path.join(dist, 'index.html'))
  if (isBuilt && copiedDocuments === documents) return
  await rm(stamp, { force: true })
  const problem = isBuilt ? undefined : await placeScalar()
  if (problem !== undefined) console.warn(`The console is built without the page of the API: ${problem}.`)
  if (!isBuilt) {
    const built = await buildPages()
    // Half a console would be served as if it was one.
    if (!built.ok) await rm(dist, { recursive: true, force: true })
    if (!built.ok) return built.output.trim()
    await compress(await filesBelow(dist))
  }
  await copyDocuments()
  await mkdir(path.dirname(stamp), { recursive: true })
  // One that lacks a part is built again next time.
  if (problem === undefined) await writeFile(stamp, `${pages}\n${documents}`)
}

function buildPages() {
  const PATH = `${path.dirname(nodeBinary)}${path.delimiter}${process.env.PATH}`
  const env = { ...process.env, PATH, NODE_ENV: 'production' }
  return runStep('Building the console', 'npm', ['run', 'build', '--workspace=console', '--silent'], { env })
}

/** Beside the page of the API, which links to them. */
async function copyDocuments() {
  const files = await documentFiles()
  const folder = path.join(dist, 'docs')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const file of files) await copyFile(file, path.join(folder, path.basename(file)))
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(files.map((file) => path.basename(file))))
  await compress(await filesBelow(folder))
}

async function documentFiles() {
  return [path.join(root, 'README.md'), ...(await filesBelow(path.join(root, 'docs'), '.md'))]
}

/**
 * Once, and so with time to do it well.
 * @param {readonly string[]} files
 */
async function compress(files) {
  for (const file of files.filter((name) => texts.test(name))) {
    const content = await readFile(file)
    if (content.length < LEAST_COMPRESSED) continue
    // The best of all takes ten times as long for a tenth less.
    const quality = content.length > 1_000_000 ? 9 : 11
    const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
    await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }))
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }))
  }
}

/** Everything that decides what is built. */
async function sources() {
  const within = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isFile())
  const below = ['src', 'docs', 'public'].map((name) => path.join(source, name)).filter((folder) => existsSync(folder))
  const own = [
    ...within.map(({ name }) => path.join(source, name)),
    ...(await Promise.all(below.map((folder) => filesBelow(folder)))).flat(),
  ]
  const others = ['package-lock.json', 'stack/setup/console.mjs', 'stack/setup/scalar.mjs']
  return [...own.filter((file) => file !== placed), ...others.map((name) => path.join(root, name))].sort()
}

/** @param {readonly string[]} files */
async function fingerprint(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.relative(root, file)).update(await readFile(file))
  return hash.digest('hex')
}
