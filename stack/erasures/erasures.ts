import { readFile } from 'node:fs/promises'
import { readConfig } from '../config.ts'
import { fromCaller } from '../run/command-line.ts'
import { runMain } from '../run/run-main.ts'
import { administer } from '../servers/administer.ts'
import { ownServerUrl } from '../servers/own-server.ts'
import { databaseUrl } from '../servers/provision.ts'
import { Problem } from '../setup/problem.mjs'
import { erasuresText, listErasures, readErasures, replayErasures, unfinishedErasures } from './erasure-list.ts'

const USAGE = 'give `npm run -s erasures > FILE` to keep the list, `npm run erasures -- replay FILE` after a restore'

/** Prints the guests whose data was erased, or has them erased again after a restore from backup. */
async function main([command, file, ...more]: readonly string[]): Promise<void> {
  if (more.length > 0 || (command !== undefined && command !== 'replay'))
    throw new Problem(`Unknown arguments: ${USAGE}.`)
  const kept = file === undefined ? [] : readErasures(await read(file))
  const config = readConfig()
  const url = async (service: 'guests' | 'reservations') => {
    const server = config.adminUrls[service]
    return databaseUrl(server ?? (await ownServerUrl(config)), service)
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
  const resolved = fromCaller(file)
  return readFile(resolved, 'utf8').catch(() => {
    throw new Problem(`There is no file ${resolved}: ${USAGE}.`)
  })
}

runMain(main)
