import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { documentQuery, operationOf } from '../api/document.ts'
import { formFields, isSame, type Values, valuesOf } from '../forms/body.ts'
import { Conflict } from '../forms/conflict.tsx'
import type { FieldValue } from '../forms/field.tsx'
import { ReferencesPicker } from '../forms/references-picker.tsx'
import { label, messages } from '../messages/index.ts'
import type { Desk } from './changes.ts'
import type { Reservation } from './stay.ts'

const words = messages.deskPage
const names = ['in_date', 'out_date', 'rooms', 'note'] as const
type Name = (typeof names)[number]

type Props = { readonly reservation: Reservation; readonly desk: Desk; readonly onClose: () => void }

/**
 * Rooms, dates and the note: the same as dragging, for the keyboard and the phone. Another desk may change the stay while
 * something is typed here: what was not typed follows it, and a field that both have changed is asked about before it is saved.
 */
export function StayForm({ reservation, desk, onClose }: Props) {
  const { data: document } = useQuery(documentQuery)
  // The values typed, and for each such field the value that it had then.
  const [typed, setTyped] = useState<Values>({})
  const [original, setOriginal] = useState<Values>({})
  const [asking, setAsking] = useState(false)
  const theirs = valuesOf(reservation, names)
  const mine: Values = { ...theirs, ...typed }
  const inConflict = Object.keys(typed).some(
    (name) => !isSame(theirs[name], original[name]) && !isSame(theirs[name], typed[name]),
  )
  const type = (name: Name, value: FieldValue) => {
    if (!(name in typed)) setOriginal({ ...original, [name]: theirs[name] })
    setTyped({ ...typed, [name]: value })
  }
  const changedIn = (values: Values) => names.filter((name) => !isSame(values[name], theirs[name]))
  const save = async (values: Values) => {
    const changed = changedIn(values)
    if (changed.length > 0) await desk.change(reservation, valuesOf(values, changed), messages.page.saved, onClose)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (inConflict) setAsking(true)
    else void save(mine)
  }
  const text = (name: Exclude<Name, 'rooms'>) => ({
    value: String(mine[name] ?? ''),
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => type(name, event.currentTarget.value),
  })
  if (asking && inConflict && document !== undefined) {
    const fields = formFields(document, operationOf(document, 'PATCH', '/reservations/{id}'))
    return (
      <Conflict
        // Its choices are of these values: when they change again, they are asked for again.
        key={reservation.etag}
        {...{ document, mine, theirs }}
        fields={fields.filter(([name]) => (names as readonly string[]).includes(name))}
        original={{ ...theirs, ...original }}
        busy={false}
        onCancel={() => setAsking(false)}
        onSave={(chosen) => {
          // They are decided about these values of the other desk, and kept if the save is refused.
          setTyped(valuesOf(chosen, changedIn(chosen)))
          setOriginal(theirs)
          setAsking(false)
          void save(chosen)
        }}
      />
    )
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        <Group grow>
          <TextInput type="date" label={words.from} disabled={reservation.status !== 'PENDING'} {...text('in_date')} />
          <TextInput type="date" label={words.to} {...text('out_date')} />
        </Group>
        <ReferencesPicker
          collection="rooms"
          label={label('rooms')}
          value={(mine.rooms ?? []) as readonly string[]}
          within={{ location: reservation.location }}
          onChange={(next) => type('rooms', next ?? [])}
        />
        <Textarea label={words.note} rows={2} {...text('note')} />
        <Group>
          <Button type="submit" variant="light">
            {messages.form.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
