import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { todayIn } from '../api/dates.ts'
import { follow } from '../api/watch.ts'
import type { Location } from '../shell/house.tsx'
import { HouseStore } from './house-store.ts'

export type House = {
  readonly store: HouseStore
  /** Whether changes of others arrive now. */
  readonly live: boolean
  /** The date at the location. */
  readonly today: string
  /** The date of a moment at the location. */
  readonly dateAt: (moment: string) => string
}

/** Several changes in a moment are one reading of the lists of today. */
const GATHER_MS = 100
const ROOMS_EVERY_MS = 60_000

/** The house of a location, kept current by the feeds of its reservations and blocks. */
export function useHouse(location: Location): House {
  const { id, time_zone } = location
  const dateAt = useCallback((moment: string) => todayIn(time_zone, new Date(moment)), [time_zone])
  const store = useMemo(() => new HouseStore(id, dateAt), [id, dateAt])
  const queries = useQueryClient()
  const [live, setLive] = useState(false)
  const today = useToday(time_zone)
  useEffect(() => {
    const leaving = new AbortController()
    let gathering: ReturnType<typeof setTimeout> | undefined
    const refreshLists = () => {
      clearTimeout(gathering)
      gathering = setTimeout(() => void queries.invalidateQueries({ queryKey: ['desk'] }), GATHER_MS)
    }
    const { hotel } = location
    void follow(
      {
        path: '/reservations:watch',
        hotel,
        apply: (changes) => [store.apply('reservation', changes), refreshLists()],
        reload: () => store.reload('reservation').then(refreshLists),
        live: (isLive) => !leaving.signal.aborted && setLive(isLive),
      },
      leaving.signal,
    )
    void follow(
      {
        path: '/room_blocks:watch',
        hotel,
        apply: (changes) => store.apply('room_block', changes),
        reload: () => store.reload('room_block'),
        live: () => undefined,
      },
      leaving.signal,
    )
    const timer = setInterval(() => void store.loadRooms().catch(() => undefined), ROOMS_EVERY_MS)
    return () => {
      leaving.abort()
      clearTimeout(gathering)
      clearInterval(timer)
    }
  }, [store, location.hotel, queries, location])
  return useMemo(() => ({ store, live, today, dateAt }), [store, live, today, dateAt])
}

/** The date at a place, which goes on at its midnight. */
export function useToday(timeZone: string): string {
  const [today, setToday] = useState(() => todayIn(timeZone))
  useEffect(() => {
    setToday(todayIn(timeZone))
    const timer = setInterval(() => setToday(todayIn(timeZone)), 10_000)
    return () => clearInterval(timer)
  }, [timeZone])
  return today
}
