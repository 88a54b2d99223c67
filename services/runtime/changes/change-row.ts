/** What a repeated idempotent call is answered from: the row of a change, as JSON, to the message of its resource. */
export type Rebuild = (resource: string, payload: Record<string, unknown>) => object

/** A row of the change table. */
export type ChangeRow = {
  seq: string
  resource: string
  version: number
  kind: 'CREATED' | 'UPDATED' | 'DELETED' | 'UNDELETED' | 'ERASED'
  actor: string
  time: string
  payload: Record<string, unknown>
}

/** A resource's message as `google.protobuf.Any`: its full name and how to encode it. */
export type Encode = (resource: string, message: object) => { type_url: string; value: Buffer }
