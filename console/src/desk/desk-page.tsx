import './desk.css'
import { Badge, Button, Group, Loader, Text, TextInput, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo, useState, useSyncExternalStore } from 'react'
import { addDays, formatDate } from '../api/dates.ts'
import { allows, useSession } from '../api/session.ts'
import { messages } from '../messages/index.ts'
import { type Location, useLocation } from '../shell/house.tsx'
import { Booking, type BookingStart } from './booking.tsx'
import { deskOf, say } from './changes.ts'
import { roomAt } from './chart/bars.ts'
import { Chart } from './chart/chart.tsx'
import { type Drag, dragged } from './chart/geometry.ts'
import { DayLists } from './day-lists.tsx'
import type { Bar } from './stay.ts'
import { StayDrawer } from './stay-drawer.tsx'
import { useHouse } from './use-house.ts'

const words = messages.deskPage
const JUMP_DAYS = 14

/** The front desk of the location that is chosen. */
export function DeskPage() {
  const location = useLocation()
  if (location === undefined) return <Loader aria-label={messages.loading} size="sm" />
  return <DeskOf key={location.id} location={location} />
}

function DeskOf({ location }: { readonly location: Location }) {
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const house = useHouse(location)
  const { store, today, dateAt, live } = house
  const mayChange = allows(session, 'reservations.write')
  const [booking, setBooking] = useState<BookingStart>()
  const [opened, setOpened] = useState<string>()
  const [goTo, setGoTo] = useState<{ readonly date: string }>()
  const desk = useMemo(
    () =>
      deskOf({
        store,
        calendar: { today, dateAt },
        changed: () => void queries.invalidateQueries({ queryKey: ['desk'] }),
      }),
    [store, today, dateAt, queries],
  )
  const rooms = useSyncExternalStore(store.subscribe, () => store.rooms)
  const go = (date: string) => setGoTo({ date })
  const from = goTo?.date ?? today
  const onSeen = useCallback(
    (first: string, last: string) => void store.need(first, last).catch(() => undefined),
    [store],
  )
  const onOpen = useCallback(
    (bar: Bar) => {
      if (bar.kind === 'stay') setOpened(bar.reservation.id)
      else void navigate({ to: bar.kind === 'block' ? `/room_blocks/${bar.block.id}` : `/rooms/${bar.room}` })
    },
    [navigate],
  )
  const onDrag = useCallback(
    async (bar: Bar, drag: Drag) => {
      if (bar.kind !== 'stay') return
      const { reservation } = bar
      const target = roomAt(rooms, bar, drag.rows)
      const dates = dragged(bar.in_date, bar.out_date, drag)
      const body = {
        ...(dates.in_date === bar.in_date ? {} : { in_date: dates.in_date }),
        ...(dates.out_date === bar.out_date ? {} : { out_date: dates.out_date }),
        ...(target === bar.room ? {} : { rooms: reservation.rooms.map((room) => (room === bar.room ? target : room)) }),
      }
      if (Object.keys(body).length > 0)
        await desk.change(reservation, body, drag.mode === 'move' ? words.moved : words.stretched)
    },
    [rooms, desk],
  )
  return (
    <div className="desk">
      <Group justify="space-between" gap="xs" className="desk-bar">
        <Group gap="sm">
          <Title order={1} size="h3">
            {messages.desk}
          </Title>
          <Text size="xs" c="dimmed">
            {words.timeZone(location.time_zone, formatDate(today, { dateStyle: 'full' }))}
          </Text>
          <Badge variant="dot" color={live ? 'green' : 'yellow'} tt="none" role="status">
            {live ? words.live : words.offline}
          </Badge>
        </Group>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => go(addDays(from, -JUMP_DAYS))}>
            {words.earlier}
          </Button>
          <Button size="xs" variant="default" onClick={() => go(today)}>
            {words.today}
          </Button>
          <Button size="xs" variant="default" onClick={() => go(addDays(from, JUMP_DAYS))}>
            {words.later}
          </Button>
          <TextInput
            size="xs"
            type="date"
            aria-label={words.goTo}
            value={from}
            onChange={({ currentTarget }) => currentTarget.value !== '' && go(currentTarget.value)}
          />
          {mayChange && (
            <Button size="xs" onClick={() => setBooking({ date: today })}>
              {words.newReservation}
            </Button>
          )}
        </Group>
      </Group>
      <Text id="chart-hint" className="visually-hidden">
        {words.chartHint}
      </Text>
      <div className="desk-main">
        <Chart
          {...{ house, rooms, mayChange, goTo, onOpen, onDrag, onSeen }}
          onFree={(room, date) => setBooking({ room: room.id, date })}
        />
        <DayLists {...{ today, desk, mayChange }} location={location.id} onOpen={setOpened} />
      </div>
      {booking !== undefined && (
        <Booking
          location={location}
          start={booking}
          onClose={() => setBooking(undefined)}
          onBooked={(made) => {
            setBooking(undefined)
            store.put(made)
            void queries.invalidateQueries({ queryKey: ['desk'] })
            say(words.booked(made.confirmation_code ?? ''), () => desk.cancel(made.id, {}))
          }}
        />
      )}
      {opened !== undefined && (
        <StayDrawer key={opened} id={opened} {...{ store, desk, mayChange }} onClose={() => setOpened(undefined)} />
      )}
    </div>
  )
}
