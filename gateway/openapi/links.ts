import type { DescMessage } from '@bufbuild/protobuf'
import { type Api, type ApiMethod, type HttpRule, hasField } from '../api.ts'
import type { Schema } from './schema.ts'
import { resourceNames } from './schemas.ts'

/**
 * Where one can go with what a method answers: from a new resource to all that can be done with it, from a deleted one to
 * its restoration, from a list to its first resource and to the next page. The ways are found by the paths: `/guests` leads
 * to all below `/guests/{id}`.
 */
export function linksFrom({ desc, http }: ApiMethod, api: Api): { links?: Schema } {
  if (http === undefined) return {}
  const { input, output, name } = desc
  const links = new Map<string, Schema>()
  const add = (collection: string, verbs: readonly HttpRule['verb'][], id: string) => {
    const below = api.methods.filter(
      (other) => other.http && isBelow(other.http, collection) && verbs.includes(other.http.verb),
    )
    for (const other of below)
      links.set(other.desc.name, { operationId: other.desc.name, parameters: { id: `$response.body#/${id}` } })
  }
  if (isCreation(name, http)) add(http.template, ['GET', 'PUT', 'PATCH', 'DELETE', 'POST'], 'id')
  if (http.verb === 'DELETE' && hasField(output, 'id')) add(http.template.replace('/{id}', ''), ['GET', 'POST'], 'id')
  const [list, id] = listed(output, api)
  if (http.verb === 'GET' && list && id) add(http.template, ['GET'], `${list}/0/${id}`)
  if (hasField(output, 'next_page_token') && hasField(input, 'page_token')) {
    const description = 'With the same filter, until the token is empty.'
    links.set('NextPage', {
      operationId: name,
      description,
      parameters: { page_token: '$response.body#/next_page_token' },
    })
  }
  return links.size > 0 ? { links: Object.fromEntries(links) } : {}
}

/** Whether a method makes a resource, and answers 201 with its place. */
export function isCreation(name: string, { verb }: HttpRule): boolean {
  return verb === 'POST' && name.startsWith('Create')
}

/** Whether a path is that of one resource of a collection, or of something done to it. */
function isBelow({ template, variables }: HttpRule, collection: string): boolean {
  return variables.length === 1 && variables[0] === 'id' && template.startsWith(`${collection}/{id}`)
}

/** The field of a page that holds its resources, and the field by which each of these is known. */
function listed(page: DescMessage, api: Api): readonly [list: string | undefined, id: string | undefined] {
  const field = page.fields.find(({ fieldKind, message }) => fieldKind === 'list' && message !== undefined)
  const names = field?.message?.fields.map(({ name }) => name) ?? []
  const resources = resourceNames(api)
  return [field?.name, names.find((name) => name === 'id') ?? names.find((name) => resources.has(name))]
}
