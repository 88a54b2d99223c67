import { queryOptions } from '@tanstack/react-query'

/** A JSON schema, as far as forms and filters look into it. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly readOnly?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly pattern?: string
}

export type Parameter = {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly required?: boolean
  readonly schema: Schema
}

type Media = { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } }
export type Operation = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary?: string
  readonly security?: readonly { readonly token?: readonly string[] }[]
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: Media
  readonly responses?: Readonly<Record<string, Media>>
}

/** The OpenAPI document of the gateway: forms, filters and what is offered are made from it. */
export type ApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** The document, read once for each visit. It needs no token where it is public; else the caller's is sent. */
export const documentQuery = queryOptions({
  queryKey: ['openapi'],
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<ApiDocument> => {
    const { call } = await import('./call.ts')
    return call<ApiDocument>({ method: 'GET', path: '/openapi.json' }, signal)
  },
})

/** An operation of a path template, as `/guests/{id}`; undefined when the API has none. */
export function operationOf(document: ApiDocument, method: string, template: string): Operation | undefined {
  return document.paths[template]?.[method.toLowerCase()]
}

/** The scope that an operation needs. */
export function scopeOf(operation: Operation | undefined): string | undefined {
  return operation?.security?.[0]?.token?.[0]
}

/** Follows a reference; what stands beside it, as the description, comes first. */
export function resolve(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const { $ref, ...beside } = schema
  const name = $ref.slice('#/components/schemas/'.length)
  return { ...document.components.schemas[name], ...beside }
}

/** The parameters of a list in its query, in the document's order. */
export function queryParameters(operation: Operation | undefined): readonly Parameter[] {
  return (operation?.parameters ?? []).flatMap((each) => ('in' in each && each.in === 'query' ? [each] : []))
}

/** The fields of a request's body that a caller may give, by name. */
export function fieldsOf(document: ApiDocument, operation: Operation | undefined): Readonly<Record<string, Schema>> {
  const given = operation?.requestBody?.content?.['application/json']?.schema
  const { properties = {} } = given === undefined ? {} : resolve(document, given)
  return Object.fromEntries(Object.entries(properties).filter(([, schema]) => schema.readOnly !== true))
}

/** The names of the fields that a body must have. */
export function requiredOf(document: ApiDocument, operation: Operation | undefined): readonly string[] {
  const given = operation?.requestBody?.content?.['application/json']?.schema
  return given === undefined ? [] : (resolve(document, given).required ?? [])
}

/** The schema of a request's body, as a validator takes it. */
export function bodySchema(operation: Operation | undefined): Schema | undefined {
  return operation?.requestBody?.content?.['application/json']?.schema
}

/** Whether a field holds an id of another resource: its schema is one of ids. */
export function isReference(schema: Schema): boolean {
  const of = schema.type === 'array' ? schema.items : schema
  return /\/(Optional)?Id$/.test(of?.$ref ?? '')
}
