import { Client, credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js'

/** How a call ended, as its caller sees it. */
export type Ended = { readonly code: string; readonly requestId: string | undefined }

/** A unary call with bytes for a message, a token and whatever headers; `cancelWhen` gives it up once that resolves. */
export async function rawCall(
  address: string,
  path: string,
  request: { message?: Buffer; headers?: Record<string, string>; token?: string; cancelWhen?: Promise<unknown> } = {},
): Promise<Ended> {
  const { message = Buffer.alloc(0), headers = {}, token, cancelWhen } = request
  const client = new Client(address, credentials.createInsecure())
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const bytes = (value: Buffer) => value
  try {
    return await new Promise<Ended>((resolve) => {
      let requestId: string | undefined
      const see = (seen: Metadata) => (requestId ??= seen.get('x-request-id')[0]?.toString())
      const call = client.makeUnaryRequest(path, bytes, bytes, message, metadata, (_: ServiceError | null) => undefined)
      call.on('metadata', see)
      call.on('status', ({ code, metadata: trailer }) => {
        see(trailer)
        resolve({ code: Status[code], requestId })
      })
      cancelWhen?.then(() => call.cancel())
    })
  } finally {
    client.close()
  }
}
