import { currentCall } from './call.ts'

/** What encodes a request, as the generated code does. */
export type RequestType = { encode(message: never): { finish(): Uint8Array } }

const types = new Map<string, RequestType>()

/** Notes the type of a method's requests, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export function noteRequestType(path: string, type: RequestType): void {
  types.set(path, type)
}

/**
 * A request of the current call, or another of its type, as protobuf writes it: fields at their default do not stand in it,
 * those with presence do, so it is the same in a version of the API that has more fields.
 */
export function requestForm(request: object): Uint8Array {
  const path = `/${currentCall()?.method}`
  const type = types.get(path)
  if (type === undefined) throw new Error(`the requests of ${path} have no type: its service is not served strictly`)
  return type.encode(request as never).finish()
}
