import { derivedId } from '@hotel/transfer/source/ids'

/**
 * The id of a demo hotel says the day that its year is around and which of the demo's hotels it is, so that a later run finds
 * both again: all of its other ids follow from it.
 */
export type DemoHotel = { readonly id: string; readonly today: Temporal.PlainDate; readonly number: number }

/** How the ids of all demo hotels begin. */
const beginning = derivedId('demo').slice(0, -12)

/** The id of the demo's hotel of this number, as of a day. */
export function demoHotel(today: Temporal.PlainDate, number: number): DemoHotel {
  const date = String(today).replaceAll('-', '')
  return { id: `${beginning}${String(number).padStart(4, '0')}${date}`, today, number }
}

/** The demo hotel of an id; undefined for any other hotel's. */
export function readDemoHotel(id: string): DemoHotel | undefined {
  if (!id.startsWith(beginning)) return undefined
  const [, number = '', year, month, day] = /(\d{4})(\d{4})(\d\d)(\d\d)$/.exec(id) ?? []
  if (year === undefined) return undefined
  return { id, number: Number(number), today: Temporal.PlainDate.from(`${year}-${month}-${day}`) }
}
