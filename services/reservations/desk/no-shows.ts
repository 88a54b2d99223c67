import type {
  MarkNoShowsResponse,
  Reservation as ReservationMessage,
  ReservationServiceImplementation,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { date, id, optionalGiven, valid } from '@hotel/runtime/call/valid'
import { type EntityManager, type Prepared, query } from '@hotel/runtime/database/database'
import { columnsOf } from '@hotel/runtime/database/find'
import { invalidFields, precondition } from '@hotel/runtime/errors/refusal'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Write } from '@hotel/runtime/resource/write'
import { release } from '../nights/occupancy.ts'
import { Reservation } from '../reservation/reservation.ts'
import type { Deps } from '../reservation/reservation-deps.ts'
import { notEmpty } from '../reservation/reservation-request.ts'

/** One call cancels reservations until they have so many rooms: their texts are far less than an answer may have. */
const ENOUGH_ROOMS = 100

/** The method of ReservationService which cancels what no guest came for. */
export function noShowMethods({
  writer,
  peers,
}: Pick<Deps, 'writer' | 'peers'>): Pick<ReservationServiceImplementation, 'markNoShows'> {
  const hotelOf = async (location: string, signal: AbortSignal) => {
    const known = await writer.hotels.known('location', location, signal)
    if (known !== undefined) return known
    // It may have been made a moment ago.
    await peers.named({ location: [location] }, signal)
    const hotel = await writer.hotels.known('location', location, signal)
    if (hotel === undefined) throw invalidFields([{ field: 'location', description: 'no location has this id' }])
    return hotel
  }
  return {
    async markNoShows(request, call) {
      const { location, date: day } = valid(request, { location: id, date: optionalGiven(dateGiven) })
      const hotel = await hotelOf(location, call.signal)
      // The location's present calendar decides whether the day is over; while it is not available, the last known one does.
      await peers.catchUp(hotel).catch(() => undefined)
      const load = (em: EntityManager) => findArrivals(em, hotel, location, day)
      if (request.validate_only)
        return writer.underHead(hotel, call.signal, {
          load,
          apply: async (_, arrivals) => answerWith(notCome(arrivals).map((reservation) => reservation.toProto())),
        })
      let ids: readonly string[] = []
      return writer.write(
        call,
        'MarkNoShows',
        request,
        { hotel },
        {
          load,
          async apply(written, arrivals) {
            const marked = await mark(written, hotel, notCome(arrivals))
            ids = marked.map(({ id }) => id)
            return () => answerWith(marked.map((reservation) => reservation.toProto()))
          },
          several: {
            get ids() {
              return ids
            },
            answer: (messages) => answerWith(messages as ReservationMessage[]),
          },
        },
      )
    },
  }
}

function answerWith(reservations: readonly ReservationMessage[]): MarkNoShowsResponse {
  const byId = reservations.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rooms = byId.reduce((sum, { rooms }) => sum + rooms.length, 0)
  return { reservations: byId, more: rooms >= ENOUGH_ROOMS }
}

/** An absent one stands for yesterday. */
const dateGiven = notEmpty(date, 'give YYYY-MM-DD, or leave it out for yesterday')

/** The reservations that begin on a date and are PENDING, the first by id, and the date of today at their location. */
type Arrivals = { readonly date: string; readonly today: string; readonly reservations: readonly Reservation[] }

async function findArrivals(
  em: EntityManager,
  hotel: string,
  location: string,
  day: string | null,
): Promise<Arrivals | undefined> {
  const rows = await query<{ on_date: string; today: string; id: string | null }>(em, arrivals(em), [
    hotel,
    location,
    day,
  ])
  const [first] = rows
  if (first === undefined) return undefined
  const reservations = rows.flatMap(({ on_date, today, ...columns }) =>
    columns.id === null ? [] : [em.map(Reservation, columns)],
  )
  return { date: first.on_date, today: first.today, reservations }
}

function arrivals(em: EntityManager): Prepared {
  return {
    name: 'arrivals_not_come',
    text: `select l.on_date::text, l.today::text, found.* from (
        select p.hotel_id, p.id, d.today, coalesce($3::date, d.today - 1) as on_date
        from location p cross join lateral (select location_date(p.time_zone, write_time()) as today) d
        where p.hotel_id = $1 and p.id = $2) l
      left join lateral (
        select ${columnsOf(em.getMetadata(Reservation), 'r')} from (
          select t.*, sum(cardinality(t.rooms)) over (order by t.id) - cardinality(t.rooms) as rooms_before from (
            select * from reservation p
            where p.hotel_id = l.hotel_id and p.location_id = l.id and p.in_date = l.on_date and p.status = 'PENDING'
              and p.delete_time is null and (p.hold_until is null or p.hold_until > write_time())
            order by p.in_date, p.id limit ${ENOUGH_ROOMS}) t) r
        where r.rooms_before < ${ENOUGH_ROOMS} order by r.id) found on true`,
  }
}

/** Those whose guests did not come. Throws DATE_NOT_OVER while they still may. */
function notCome(arrivals: Arrivals | undefined): readonly Reservation[] {
  if (arrivals === undefined) throw new Error('the location of a hotel is not replicated')
  const { date, today, reservations } = arrivals
  if (date < today) return reservations
  const message = `${date} is not over at the location, where it is ${today}: give an earlier date`
  throw precondition('DATE_NOT_OVER', message, { date, today })
}

/** Cancels them in the write's transaction, each with its nights. */
async function mark(
  write: Write,
  hotel: string,
  reservations: readonly Reservation[],
): Promise<readonly Reservation[]> {
  if (reservations.length > 0)
    await release(
      write,
      hotel,
      reservations.map(({ id }) => ({ id })),
    )
  for (const reservation of reservations)
    change(reservation, { deleteTime: write.now, reason: null, cause: 'NO_SHOW' }, write)
  return reservations
}
