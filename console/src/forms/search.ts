import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { learn, nameOf, type Resource } from '../api/names.ts'

export type Option = { readonly value: string; readonly label: string }
type Within = Readonly<Record<string, string>>

/** How many are offered at once: more is found by typing more. */
const OFFERED = 50

/**
 * What a search in a collection finds. Guests are found by the API's own search, reservations by their code; of the others a
 * hotel has few, so they are listed and looked through here.
 */
export function useOptions(collection: string, search: string, within: Within, enabled: boolean): readonly Option[] {
  const [text] = useDebouncedValue(search.trim(), 200)
  const asked: Within =
    collection === 'guests' ? { query: text } : collection === 'reservations' ? { confirmation_code: codeOf(text) } : {}
  const query = { ...within, ...asked, page_size: collection === 'guests' ? String(OFFERED) : '500' }
  const { data = [] } = useQuery({
    queryKey: ['options', collection, query],
    enabled,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => listAll(collection, query, signal),
  })
  const matching = collection === 'guests' ? data : data.filter((each) => fits(each.label, text))
  return matching.slice(0, OFFERED)
}

async function listAll(collection: string, query: Record<string, string>, signal: AbortSignal): Promise<Option[]> {
  const options: Option[] = []
  let page_token = ''
  do {
    const page = await call<Record<string, unknown>>(
      { method: 'GET', path: `/${collection}`, query: { ...query, page_token } },
      signal,
    )
    const found = (page[collection] ?? []) as Resource[]
    learn(collection, found)
    options.push(...found.map((each) => ({ value: each.id, label: describe(collection, each) })))
    page_token = collection === 'guests' || collection === 'reservations' ? '' : String(page.next_page_token ?? '')
  } while (page_token !== '')
  return options
}

/** Two guests of one name are distinguished by their address. */
function describe(collection: string, resource: Resource): string {
  const beside = collection === 'guests' ? (resource.email ?? resource.phone) : undefined
  return typeof beside === 'string' ? `${nameOf(resource)} · ${beside}` : nameOf(resource)
}

function codeOf(text: string): string {
  return /^[A-Za-z0-9]{8}$/.test(text) ? text : ''
}

function fits(label: string, text: string): boolean {
  const plain = (words: string) => words.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return plain(label).includes(plain(text))
}
