import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { filesBelow } from './files-below.mjs'
import { nodeBinary } from './install.mjs'
import { Problem, unwritable } from './problem.mjs'
import { root, run, runStep } from './run.mjs'

const generated = path.join(root, 'proto', 'gen')
const build = path.join(root, '.build')
const stamp = path.join(build, 'generated')

/** Generates the code and the descriptor set of the API when the protos have changed. */
export async function generate() {
  const wanted = await fingerprint()
  if (
    (await readFile(stamp, 'utf8').catch(() => '')) === wanted &&
    (await readFile(path.join(generated, 'api.binpb')).catch(() => null))
  )
    return
  try {
    await mkdir(build, { recursive: true })
    const fresh = await generateInto(await mkdtemp(path.join(build, 'generate-')))
    // In one step, so that what reads it meanwhile finds the old or the new code and not half of it.
    const old = `${fresh}.old`
    await rename(generated, old).catch(() => {})
    await rename(path.join(fresh, 'proto', 'gen'), generated)
    await rm(old, { recursive: true, force: true })
    await rm(fresh, { recursive: true, force: true })
    await writeFile(stamp, wanted)
  } catch (error) {
    throw unwritable(error, 'give this user write access to the checkout')
  }
}

/** Generates the TypeScript client of the API when that has changed; what does so is written in TypeScript itself. */
export async function generateClient() {
  const { ok, output } = await run(nodeBinary, [path.join(root, 'clients', 'typescript', 'generate.mjs')])
  if (!ok) throw new Problem(`The TypeScript client could not be generated.\n${output.trim()}`)
}

/**
 * Generates everything below a folder, as `proto/gen` in it; gives back the folder.
 * @param {string} folder
 * @param {string} from where the protos are, and what says how code is made of them
 */
export async function generateInto(folder, from = root) {
  const env = { ...process.env, PATH: `${path.dirname(nodeBinary)}${path.delimiter}${process.env.PATH}` }
  const buf = path.join(path.dirname(nodeBinary), 'buf')
  const code = await runStep('Generating code from the protos', buf, ['generate', '-o', folder], { cwd: from, env })
  if (!code.ok) throw new Problem(`buf could not generate the code.\n${code.output.trim()}`)
  const descriptors = path.join(folder, 'proto', 'gen', 'api.binpb')
  const set = await run(buf, ['build', '-o', descriptors, '--as-file-descriptor-set'], { cwd: from, env })
  if (!set.ok) throw new Problem(`buf could not build the descriptor set.\n${set.output.trim()}`)
  return folder
}

/** Everything that decides what is generated. */
async function fingerprint() {
  const hash = createHash('sha256')
  const protos = ['buf', 'google', 'grpc', 'hotel'].map((name) => filesBelow(path.join(root, 'proto', name), '.proto'))
  for (const file of [...(await Promise.all(protos)).flat(), 'buf.yaml', 'buf.gen.yaml', 'package-lock.json'].map(
    (name) => path.resolve(root, name),
  ))
    hash.update(path.relative(root, file)).update(await readFile(file))
  return hash.digest('hex')
}
