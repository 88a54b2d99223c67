/** Why a line cannot be sent, or the answer of the service: the report of refused lines gives it. */
export type Refused = { readonly reason: string; readonly fields: readonly string[]; readonly message: string }

/** Thrown for a line whose content is of no use. */
export class Unusable extends Error implements Refused {
  readonly reason: string
  readonly fields: readonly string[]

  constructor(reason: string, fields: readonly string[], message: string) {
    super(message)
    this.reason = reason
    this.fields = fields
  }
}

/** A wrong field of a line, with the reason that the services give for one. */
export function invalid(field: string, description: string): Unusable {
  return new Unusable('INVALID_FIELD', [field], `${field}: ${description}`)
}
