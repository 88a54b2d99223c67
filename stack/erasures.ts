import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readConfig } from './config.ts'
import { erasuresText, listErasures, readErasures, replayErasures, unfinishedErasures } from './erasure-list.ts'
import { administer, databaseUrl } from './provision.ts'
import { readSecrets } from './secrets.ts'
import { Problem } from './setup/problem.mjs'

const USAGE = 'give `npm run -s erasures > FILE` to keep the list, `npm run erasures -- replay FILE` after a restore'

/** Prints the guests whose data was erased, or has them erased again after a restore from backup. */
async function main([command, file, ...more]: readonly string[]): Promise<void> {
  if (more.length > 0 || (command !== undefined && command !== 'replay'))
    throw new Problem(`Unknown arguments: ${USAGE}.`)
  const kept = file === undefined ? [] : readErasures(await read(file))
  const { adminUrls, dataDir, ports } = readConfig()
  const url = async (service: 'guests' | 'reservations') => {
    const server = adminUrls[service]
    if (server !== undefined) return databaseUrl(server, service)
    const { postgres } = await readSecrets(dataDir)
    return databaseUrl(`postgresql://postgres:${postgres}@127.0.0.1:${ports.postgres}/`, service)
  }
  await administer(await url('guests'), async (guests) =>
    administer(await url('reservations'), async (reservations) => {
      const databases = { guests, reservations }
      if (command === undefined) return void process.stdout.write(erasuresText(await listErasures(databases)))
      const count = await replayErasures(databases, kept)
      console.log(`${count} erasures are replayed: the guests service carries them out while it runs.`)
      console.log(`${await unfinishedErasures(databases)} are unfinished now.`)
    }),
  )
}

function read(file: string): Promise<string> {
  const resolved = path.resolve(process.env.INIT_CWD ?? process.cwd(), file)
  return readFile(resolved, 'utf8').catch(() => {
    throw new Problem(`There is no file ${resolved}: ${USAGE}.`)
  })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Problem ? error.message : error)
  process.exitCode = 1
})
