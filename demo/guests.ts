import type { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import { derivedId } from '@hotel/transfer/source/ids'
import { firstNames, lastNames } from './names.ts'
import { randomOf } from './random.ts'

/** How many guests the hotel knows. */
const GUESTS = 2_000

/** Makes the guests of a hotel. Their addresses and numbers are among those that nobody has: `example` and Ofcom's for drama. */
export function makeGuests(hotel: string, today: Temporal.PlainDate): (Partial<Guest> & { readonly id: string })[] {
  return Array.from({ length: GUESTS }, (_, index) => {
    const random = randomOf('guest', index)
    const [first_name, last_name] = [random.pick(firstNames), random.pick(lastNames)]
    const address = `${plain(first_name)}.${plain(last_name)}.${index + 1}@demo.example`
    const line = String(index % 1_000).padStart(3, '0')
    return {
      id: derivedId('demo', hotel, 'guest', String(index)),
      ...{ hotel, first_name, last_name },
      ...(random.chance(0.85) ? { email: address } : {}),
      ...(random.chance(0.7) ? { phone: `${index < 1_000 ? '+442079460' : '+441632960'}${line}` } : {}),
      create_time: new Date(`${today.subtract({ days: random.whole(190, 390) })}T${hour(random.whole(7, 21))}:12:00Z`),
    }
  })
}

/** A name in letters that every address may have. */
function plain(name: string): string {
  const letters = { ł: 'l', ø: 'o', ı: 'i' } as Readonly<Record<string, string>>
  return name
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[łøı]/g, (letter) => letters[letter] ?? '')
    .replaceAll(/[^a-z]/g, '')
}

/** Two digits. */
function hour(hours: number): string {
  return String(hours).padStart(2, '0')
}
