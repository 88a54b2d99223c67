import { parentPort, workerData } from 'node:worker_threads'
import type { FullHotel } from '../data/house.ts'
import { type LoadOptions, load, type Pace } from './load.ts'
import { deskMix } from './mix.ts'

/** What the thread is given. */
export type Given = Omit<LoadOptions, 'kinds'> & { readonly house: FullHotel; readonly reservations: number }
/** What it is told to do. */
export type Order = { readonly pace: Pace; readonly seconds: number }

const { house, reservations, ...rest } = workerData as Given
const driven = load({ ...rest, kinds: deskMix(house, reservations) })
parentPort?.on('message', async ({ pace, seconds }: Order) => {
  parentPort?.postMessage(await driven.run(pace, seconds))
})
