import {
  Button,
  Checkbox,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Call, call } from '../api/call.ts'
import { addDays, nightsBetween } from '../api/dates.ts'
import { documentQuery } from '../api/document.ts'
import { type Alternative, Refusal } from '../api/refusal.ts'
import { CallPanel } from '../browse/call-panel.tsx'
import { ReferencePicker } from '../forms/reference-picker.tsx'
import { RefusalNotice } from '../forms/refusal-notice.tsx'
import { label, messages } from '../messages/index.ts'
import type { Location } from '../shell/house.tsx'
import { BookingGuest, createGuest } from './booking-guest.tsx'
import type { Reservation } from './stay.ts'

const words = messages.deskPage
const DEFAULT_HOLD_MINUTES = 30
type Dates = { readonly in_date: string; readonly out_date: string }
export type BookingStart = { readonly room?: string; readonly date: string }

type Props = {
  readonly location: Location
  readonly start: BookingStart
  readonly onBooked: (made: Reservation) => void
  readonly onClose: () => void
}

/** A new reservation, of a room or of a room type. A refusal offers what would succeed, each by a button that books it. */
export function Booking({ location, start, onBooked, onClose }: Props) {
  const [by, setBy] = useState<'room' | 'type'>(start.room === undefined ? 'type' : 'room')
  const [values, setValues] = useState({
    guest: undefined as string | undefined,
    first_name: '',
    last_name: '',
    in_date: start.date,
    out_date: addDays(start.date, 1),
    room: start.room,
    room_type: undefined as string | undefined,
    room_count: 1,
    note: '',
    hold: false,
    minutes: DEFAULT_HOLD_MINUTES,
  })
  const [newGuest, setNewGuest] = useState(false)
  const [error, setError] = useState<unknown>()
  const { data: document } = useQuery(documentQuery)
  const [busy, setBusy] = useState(false)
  const set = (more: Partial<typeof values>) => setValues({ ...values, ...more })
  const problems = error instanceof Refusal ? error.fields : {}
  const within = { location: location.id }

  const requestOf = (guest: string | undefined, rooms: object, dates: Dates): Call => {
    const hold_until = values.hold ? new Date(Date.now() + values.minutes * 60_000).toISOString() : undefined
    const body = { guest, ...dates, ...rooms, note: values.note || undefined, hold_until }
    return { method: 'POST', path: '/reservations', body }
  }
  const book = async (rooms: object, dates: Dates) => {
    setBusy(true)
    setError(undefined)
    try {
      const guest = newGuest && values.guest === undefined ? await createGuest(location.hotel, values) : values.guest
      if (guest !== values.guest) set({ guest })
      onBooked(await call<Reservation>(requestOf(guest, rooms, dates)))
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  const { room, room_type, room_count, in_date, out_date } = values
  const asked = by === 'room' ? { room } : { room_type, room_count, location: location.id }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void book(asked, { in_date, out_date })
  }
  const take = ({ rooms, in_date, out_date }: Alternative) => void book({ rooms }, { in_date, out_date })
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<Text fw={600}>{words.newReservation}</Text>}
      closeButtonProps={{ 'aria-label': messages.close }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <RefusalNotice error={error} fields={Object.keys(values)} onAlternative={take} busy={busy} />
          <BookingGuest {...{ values, problems, newGuest, set, setNewGuest }} hotel={location.hotel} />
          <Group grow align="start">
            <TextInput
              type="date"
              label={words.from}
              required
              value={values.in_date}
              error={problems.in_date}
              onChange={(event) => set({ in_date: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label={words.to}
              required
              value={values.out_date}
              error={problems.out_date}
              onChange={(event) => set({ out_date: event.currentTarget.value })}
            />
          </Group>
          <Text size="xs" c="dimmed">
            {words.nights(nightsBetween(values.in_date, values.out_date) || 1)}
          </Text>
          <SegmentedControl
            value={by}
            onChange={(next) => setBy(next as typeof by)}
            data={[
              { value: 'type', label: words.byType },
              { value: 'room', label: words.byRoom },
            ]}
          />
          {by === 'room' ? (
            <ReferencePicker
              collection="rooms"
              label={label('room')}
              required
              value={values.room}
              error={problems.room ?? problems.rooms}
              onChange={(room) => set({ room })}
              within={within}
            />
          ) : (
            <Group grow align="start">
              <ReferencePicker
                collection="room_types"
                label={label('room_type')}
                required
                value={values.room_type}
                error={problems.room_type ?? problems.room}
                onChange={(room_type) => set({ room_type })}
                within={{ hotel: location.hotel }}
              />
              <NumberInput
                label={label('room_count')}
                min={1}
                max={100}
                value={values.room_count}
                error={problems.room_count}
                onChange={(count) => set({ room_count: Number(count) || 1 })}
              />
            </Group>
          )}
          <Textarea
            label={words.note}
            value={values.note}
            error={problems.note}
            onChange={(event) => set({ note: event.currentTarget.value })}
            rows={2}
          />
          <Group>
            <Checkbox
              label={words.asHold}
              checked={values.hold}
              onChange={(event) => set({ hold: event.currentTarget.checked })}
            />
            {values.hold && (
              <NumberInput
                size="xs"
                aria-label={words.holdMinutes}
                min={1}
                max={1_440}
                value={values.minutes}
                error={problems.hold_until}
                onChange={(minutes) => set({ minutes: Number(minutes) || 1 })}
              />
            )}
          </Group>
          <Group>
            <Button type="submit" loading={busy}>
              {words.book}
            </Button>
            <Button variant="default" onClick={onClose}>
              {messages.cancel}
            </Button>
          </Group>
          {document !== undefined && (
            <CallPanel document={document} call={requestOf(values.guest, asked, { in_date, out_date })} />
          )}
        </Stack>
      </form>
    </Modal>
  )
}
