import { Agent, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { HeldNights_Holder as Holder } from '@hotel/proto/hotel/reservations/v1/availability'
import { Reservation_Status as StatusCode } from '@hotel/proto/hotel/reservations/v1/reservations'
import { perService } from '@hotel/stack/service-names'
import { Metadata } from 'nice-grpc'
import { type Clients, createClients } from '../../harness/clients.ts'
import type { Json, Outcome } from '../history/evidence.ts'
import { failureOfGrpc, failureOfRest, unknown } from './outcome.ts'
import type { Call } from './requests.ts'

/** Who calls, and by which key repeats of a call are known. */
export type Bearer = { readonly token: string; readonly key: string | undefined }

/** A way to call the API of one gateway. */
export type Door = { send(call: Call, bearer: Bearer): Promise<Outcome>; close(): void }

/** Longer than the gateway waits for a service: a call that is given up before was given up by nobody else. */
const PATIENCE_MS = 20_000

/** Calls by REST. */
export function restDoor(address: string): Door {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  return {
    async send(call, { token, key }) {
      const { verb, path, body } = restForm(call)
      try {
        const { status, json } = await exchange(agent, `http://${address}${path}`, verb, body, {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        })
        return status < 300 ? { is: 'ok', answer: json } : failureOfRest(status, json)
      } catch (error) {
        // A connection that was refused, cut or silent.
        return unknown('UNAVAILABLE', (error as Error).message)
      }
    },
    close: () => agent.destroy(),
  }
}

function exchange(agent: Agent, url: string, method: string, body: Json, headers: Record<string, string>) {
  return new Promise<{ status: number; json: Json }>((resolve, reject) => {
    const request = httpRequest(
      url,
      { agent, method, headers, signal: AbortSignal.timeout(PATIENCE_MS) },
      (response) => {
        text(response).then((content) => {
          // Cut in the middle: what has arrived says nothing.
          if (!response.complete) return reject(new Error('the answer was cut'))
          resolve({ status: response.statusCode ?? 0, json: parsed(content) })
        }, reject)
      },
    )
    request.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function parsed(content: string): Json {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

/** The verb, path and body of each method. */
function restForm({ method, request: { id, ...rest } }: Call): { verb: string; path: string; body?: Json } {
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]))
  const forms: Record<string, [verb: string, path: string, hasBody?: boolean]> = {
    CreateReservation: ['POST', '/reservations', true],
    UpdateReservation: ['PATCH', `/reservations/${id}`, true],
    CancelReservation: ['POST', `/reservations/${id}:cancel`, true],
    UndeleteReservation: ['POST', `/reservations/${id}:undelete`],
    ConfirmReservation: ['POST', `/reservations/${id}:confirm`],
    UndoCheckIn: ['POST', `/reservations/${id}:undoCheckIn`],
    UndoCheckOut: ['POST', `/reservations/${id}:undoCheckOut`],
    SwapRooms: ['POST', '/reservations:swapRooms', true],
    CreateRoomBlock: ['POST', '/room_blocks', true],
    UpdateRoomBlock: ['PATCH', `/room_blocks/${id}`, true],
    DeleteRoomBlock: ['DELETE', `/room_blocks/${id}`],
    DeleteRoom: ['DELETE', `/rooms/${id}`],
    UndeleteRoom: ['POST', `/rooms/${id}:undelete`],
    UpdateRoom: ['PATCH', `/rooms/${id}`, true],
    DeleteGuest: ['DELETE', `/guests/${id}`],
    UndeleteGuest: ['POST', `/guests/${id}:undelete`],
    UpdateGuest: ['PATCH', `/guests/${id}`, true],
    GetReservation: ['GET', `/reservations/${id}`],
    ListReservations: ['GET', `/reservations?${query}`],
    ListCurrentAndUpcoming: ['GET', `/reservations/current_and_upcoming?${query}`],
    ListRoomAvailability: ['GET', `/room_availability?${query}`],
    ListRoomTypeAvailability: ['GET', `/room_type_availability?${query}`],
  }
  const [verb, path, hasBody = false] = forms[method] ?? ['', '']
  return { verb, path, ...(hasBody && { body: rest }) }
}

/** Calls by gRPC. */
export function grpcDoor(address: string): Door {
  const { clients, close } = createClients(perService(() => address))
  return {
    async send({ method, request }, { token, key }) {
      const metadata = Metadata({
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      })
      try {
        const answer = await grpcMethod(clients, method)(grpcForm(request), { metadata, deadline: PATIENCE_MS })
        return { is: 'ok', answer: plain(answer) }
      } catch (error) {
        return failureOfGrpc(error)
      }
    },
    close,
  }
}

type Method = (request: Json, options: { metadata: Metadata; deadline: number }) => Promise<Json>

function grpcMethod(clients: Clients, method: string): Method {
  const name = `${method[0]?.toLowerCase()}${method.slice(1)}`
  const { reservations, blocks, availability, rooms, guests } = clients
  const owner = [reservations, blocks, availability, rooms, guests].find((each) => name in each) as Record<
    string,
    Method
  >
  return (request, options) => (owner[name] as Method)(request, options)
}

function grpcForm(request: Json): Json {
  return {
    ...request,
    ...(request.hold_until !== undefined && { hold_until: new Date(request.hold_until) }),
    ...(request.status !== undefined && { status: StatusCode[request.status as keyof typeof StatusCode] }),
  }
}

const names = (numbers: Readonly<Record<string, number>>) =>
  new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
const STATUS = names(StatusCode)
const HOLDER = names(Holder)

/** A message as REST would show it: moments as texts, enums by their names. */
export function plain(value: Json): Json {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      if (field === undefined || name === '$type') return []
      if (name === 'status') return [[name, STATUS.get(field as number)]]
      if (name === 'by') return [[name, HOLDER.get(field as number)]]
      return [[name, plain(field)]]
    }),
  )
}
