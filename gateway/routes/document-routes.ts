import { compressorFilters } from '../envoy/compression.ts'
import type { Document, DocumentForm } from '../envoy/documents.ts'

/** Routes of a document of the gateway itself: read only; `free` is what answers without what serves the API. */
export function documentRoutes(document: Document, free: object): object[] {
  const { path } = document
  // Of the console's files there are many; what else is asked of them is answered for all together.
  if (path.startsWith('/console/')) return formRoutes(document, { path }, free)
  const readOnly = readOnlyRoutes(path, { ...free, ...disabled(...compressorFilters) })
  return [...formRoutes(document, pathMatch(path), free), ...readOnly]
}

/** Routes of what answers with a document in each of its forms; also where only certain headers are to get it. */
export function formRoutes(
  document: Document,
  match: object,
  free: object,
  headers: readonly object[] = [byMethod('GET|HEAD')],
  status = 200,
): object[] {
  return document.forms.map((form) => formRoute(document, form, match, free, headers, status))
}

/** A document in the one form, for who accepts its coding. */
function formRoute(
  { path, type = 'application/json', headers: more }: Document,
  { file, etag, coding }: DocumentForm,
  match: object,
  free: object,
  asked: readonly object[],
  status: number,
): object {
  const regex = String.raw`(.*,)?\s*${coding}\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?(,.*)?`
  const accepted = coding && { name: 'accept-encoding', string_match: { safe_regex: { regex } } }
  const headers = {
    'content-type': type,
    etag,
    ...(coding && { 'content-encoding': coding }),
    vary: 'accept-encoding',
    ...more,
  }
  return {
    name: path,
    match: { ...match, headers: [...asked, ...(accepted ? [accepted] : [])] },
    direct_response: { status, body: { filename: file } },
    response_headers_to_add: Object.entries(headers).map(([key, value]) => ({ header: { key, value } })),
    typed_per_filter_config: { ...free, ...disabled(...compressorFilters) },
  }
}

/** Answers OPTIONS for a path that can only be read, and refuses all other methods. */
export function readOnlyRoutes(path: string, free: object): object[] {
  const route = {
    name: path,
    match: pathMatch(path),
    response_headers_to_add: [{ header: { key: 'allow', value: 'GET, HEAD, OPTIONS' } }],
    typed_per_filter_config: free,
  }
  return [
    { ...route, match: { ...route.match, headers: [byMethod('OPTIONS')] }, direct_response: { status: 204 } },
    { ...route, direct_response: { status: 405 } },
  ]
}

function pathMatch(path: string): object {
  return path === '/' ? { path } : { safe_regex: { regex: `${path.replaceAll('.', '\\.')}/?` } }
}

/** Methods as a regular expression. */
export function byMethod(regex: string): object {
  return { name: ':method', string_match: { safe_regex: { regex } } }
}

/** Leaves filters out of a route. */
export function disabled(...filters: string[]): object {
  return Object.fromEntries(
    filters.map((name) => [
      name,
      { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
    ]),
  )
}
