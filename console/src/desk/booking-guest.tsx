import { Button, Group, TextInput } from '@mantine/core'
import { call } from '../api/call.ts'
import { learn, type Resource } from '../api/names.ts'
import { allows, useSession } from '../api/session.ts'
import { ReferencePicker } from '../forms/reference-picker.tsx'
import { label, messages } from '../messages/index.ts'

const words = messages.deskPage

type Guest = { readonly guest: string | undefined; readonly first_name: string; readonly last_name: string }
type Props = {
  readonly hotel: string
  readonly values: Guest
  readonly problems: Readonly<Record<string, string>>
  /** Whether the guest is a new one. */
  readonly newGuest: boolean
  readonly set: (more: Partial<Guest>) => void
  readonly setNewGuest: (isNew: boolean) => void
}

/** For whom a room is booked: a guest who is searched, or a new one by the name. */
export function BookingGuest({ hotel, values, problems, newGuest, set, setNewGuest }: Props) {
  const session = useSession()
  if (!newGuest)
    return (
      <Group align="end" wrap="nowrap" gap="xs">
        <div className="grow">
          <ReferencePicker
            collection="guests"
            label={words.guest}
            required
            value={values.guest}
            error={problems.guest}
            onChange={(guest) => set({ guest })}
            within={{ hotel }}
          />
        </div>
        {allows(session, 'guests.write') && (
          <Button variant="default" onClick={() => [set({ guest: undefined }), setNewGuest(true)]}>
            {words.newGuest}
          </Button>
        )}
      </Group>
    )
  return (
    <Group align="end" wrap="nowrap" gap="xs">
      {(['first_name', 'last_name'] as const).map((name) => (
        <TextInput
          key={name}
          className="grow"
          label={label(name)}
          value={values[name]}
          error={problems[name]}
          onChange={(event) => set({ guest: undefined, [name]: event.currentTarget.value })}
        />
      ))}
      <Button variant="default" onClick={() => setNewGuest(false)}>
        {words.knownGuest}
      </Button>
    </Group>
  )
}

/** Once for a booking: should the booking be refused, the guest is there for the next attempt. */
export async function createGuest(hotel: string, { first_name, last_name }: Omit<Guest, 'guest'>): Promise<string> {
  const body = { hotel, ...(first_name === '' ? {} : { first_name }), ...(last_name === '' ? {} : { last_name }) }
  const guest = await call<Resource>({ method: 'POST', path: '/guests', body })
  learn('guests', [guest])
  return guest.id
}
