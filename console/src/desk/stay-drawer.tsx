import { Anchor, Badge, Button, Drawer, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { call } from '../api/call.ts'
import { documentQuery, resolve } from '../api/document.ts'
import { Reference } from '../browse/value.tsx'
import { label, messages } from '../messages/index.ts'
import type { Desk } from './changes.ts'
import { minutesLeft } from './chart/bar-view.tsx'
import type { HouseStore } from './house-store.ts'
import { type Reservation, versionOf } from './stay.ts'
import { StayForm } from './stay-form.tsx'

const words = messages.deskPage

type Props = {
  readonly id: string
  readonly store: HouseStore
  readonly desk: Desk
  readonly mayChange: boolean
  readonly onClose: () => void
}

/** A reservation at the desk: what it is, its rooms and dates to change, and what is done with it next. */
export function StayDrawer({ id, store, desk, mayChange, onClose }: Props) {
  const known = useSyncExternalStore(store.subscribe, () => store.reservation(id))
  const { data } = useQuery({
    queryKey: ['desk', 'reservation', id, known?.etag],
    queryFn: ({ signal }) => call<Reservation>({ method: 'GET', path: `/reservations/${id}` }, signal),
    // The form keeps its values while the next version is read.
    placeholderData: keepPreviousData,
  })
  const reservation = newest(data, known)
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={<Text fw={600}>{reservation?.confirmation_code}</Text>}
      closeButtonProps={{ 'aria-label': messages.close }}
    >
      {reservation !== undefined && <Opened {...{ reservation, desk, mayChange, onClose }} />}
    </Drawer>
  )
}

function newest(read: Reservation | undefined, known: Reservation | undefined): Reservation | undefined {
  return read !== undefined && (known === undefined || versionOf(read) >= versionOf(known)) ? read : known
}

type OpenedProps = Pick<Props, 'desk' | 'mayChange' | 'onClose'> & { readonly reservation: Reservation }

function Opened({ reservation, desk, mayChange, onClose }: OpenedProps) {
  const { id, status, guest, hold_until, delete_time } = reservation
  const gone = delete_time !== undefined
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text component="div" fw={600}>
          <Reference collection="guests" id={guest} />
        </Text>
        <Badge variant="light" tt="none" color={gone ? 'red' : 'blue'}>
          {gone
            ? messages.page.deleted
            : hold_until === undefined
              ? label(status)
              : words.hold(minutesLeft(hold_until))}
        </Badge>
      </Group>
      {mayChange && !gone && <Steps {...{ reservation, desk, onClose }} />}
      {mayChange && gone && <Button onClick={() => desk.restore(id)}>{messages.page.undelete}</Button>}
      {mayChange && !gone && status !== 'CHECKED_OUT' ? (
        <StayForm {...{ reservation, desk, onClose }} />
      ) : (
        <Text size="sm">{reservation.note}</Text>
      )}
      {mayChange && desk.steps(reservation).has('cancel') && <CancelForm {...{ id, desk, onClose }} />}
      <Anchor component={Link} to={`/reservations/${id}`} size="sm">
        {words.full}
      </Anchor>
    </Stack>
  )
}

/** What comes next by its status and the date. */
function Steps({ reservation, desk, onClose }: Omit<OpenedProps, 'mayChange'>) {
  const { id, out_date } = reservation
  const steps = desk.steps(reservation)
  if (steps.size === 0) return null
  const then = (done: Promise<boolean>) => void done.then((ok) => ok && onClose())
  return (
    <Group gap="xs">
      {steps.has('confirm') && <Button onClick={() => then(desk.confirm(id))}>{messages.actions.confirm}</Button>}
      {steps.has('checkIn') && <Button onClick={() => then(desk.checkIn(id))}>{words.checkIn}</Button>}
      {steps.has('checkOut') && <Button onClick={() => then(desk.checkOut(id, out_date))}>{words.checkOut}</Button>}
      {steps.has('undoCheckIn') && (
        <Button variant="default" onClick={() => then(desk.undoCheckIn(id))}>
          {messages.actions.undoCheckIn}
        </Button>
      )}
      {steps.has('undoCheckOut') && (
        <Button variant="default" onClick={() => then(desk.undoCheckOut(id))}>
          {messages.actions.undoCheckOut}
        </Button>
      )}
    </Group>
  )
}

function CancelForm({ id, desk, onClose }: { readonly id: string; readonly desk: Desk; readonly onClose: () => void }) {
  const { data: document } = useQuery(documentQuery)
  const causes =
    document === undefined ? [] : (resolve(document, { $ref: '#/components/schemas/CancellationCause' }).enum ?? [])
  const [cause, setCause] = useState('')
  const [reason, setReason] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const body = { ...(cause === '' ? {} : { cause }), ...(reason === '' ? {} : { reason }) }
    if (await desk.cancel(id, body)) onClose()
  }
  return (
    <form onSubmit={submit} className="cancel-form">
      <Stack gap="xs">
        <Group grow>
          <NativeSelect
            label={words.cause}
            value={cause}
            onChange={(event) => setCause(event.currentTarget.value)}
            data={[
              { value: '', label: messages.overviewPage.unknown },
              ...causes.map((each) => ({ value: each, label: label(each) })),
            ]}
          />
          <TextInput label={words.reason} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        </Group>
        <Group>
          <Button type="submit" color="red" variant="light">
            {words.cancelTitle}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
