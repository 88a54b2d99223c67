import { NativeSelect } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { call } from '../api/call.ts'
import { learn, type Resource } from '../api/names.ts'
import { messages } from '../messages/index.ts'

export type Location = Resource & { readonly hotel: string; readonly name: string; readonly time_zone: string }

const CHOSEN = 'hotel.location'
const listeners = new Set<() => void>()

/** The live locations that the token sees. */
export const locationsQuery = queryOptions({
  queryKey: ['house', 'locations'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const query = { page_size: '500' }
    const { locations } = await call<{ locations: Location[] }>({ method: 'GET', path: '/locations', query }, signal)
    learn('locations', locations)
    return locations
  },
})

/** The location that the desk works for: the one chosen last in this browser, else the first. */
export function useLocation(): Location | undefined {
  const { data = [] } = useQuery(locationsQuery)
  const chosen = useSyncExternalStore(subscribe, readChosen)
  return data.find(({ id }) => id === chosen) ?? data[0]
}

export function LocationSelect() {
  const { data = [] } = useQuery(locationsQuery)
  const location = useLocation()
  if (location === undefined) return null
  return (
    <NativeSelect
      size="xs"
      aria-label={messages.location}
      value={location.id}
      onChange={(event) => choose(event.currentTarget.value)}
      data={data.map(({ id, name }) => ({ value: id, label: name }))}
      className="location-select"
    />
  )
}

function readChosen(): string | null {
  return localStorage.getItem(CHOSEN)
}

function choose(id: string): void {
  localStorage.setItem(CHOSEN, id)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('storage', listener)
  return () => [listeners.delete(listener), window.removeEventListener('storage', listener)]
}
