/** A piece of the document: JSON Schema or OpenAPI's own objects. */
export type Schema = { readonly [key: string]: unknown }
