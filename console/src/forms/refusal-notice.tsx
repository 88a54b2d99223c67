import { Alert, Button, Group, List, Text } from '@mantine/core'
import { formatDate } from '../api/dates.ts'
import { knownName, useNames, wantName } from '../api/names.ts'
import { type Alternative, Refusal, sentenceOf } from '../api/refusal.ts'
import { label, messages } from '../messages/index.ts'

type Props = {
  readonly error: unknown
  /** Fields of the form: what is wrong with them stands there. */
  readonly fields?: readonly string[]
  readonly onAlternative?: ((alternative: Alternative) => void) | undefined
  readonly busy?: boolean
}

/** Why something was refused, and what would succeed instead: each a button that does it. */
export function RefusalNotice({ error, fields = [], onAlternative, busy = false }: Props) {
  if (!error) return null
  const others =
    error instanceof Refusal ? Object.entries(error.fields).filter(([field]) => !fields.includes(field)) : []
  const here = error instanceof Refusal && Object.keys(error.fields).length > others.length
  const alternatives = error instanceof Refusal ? error.alternatives : []
  return (
    <Alert color="red" role="alert" title={messages.form.refused} mb="sm" className="refusal">
      {!(here && others.length === 0) && others.length === 0 && <RefusalText error={error} />}
      {here && others.length === 0 && <Text size="sm">{messages.form.invalid}</Text>}
      {others.length > 0 && (
        <List size="sm">
          {others.map(([field, description]) => (
            <List.Item key={field}>
              {label(field)}: {description}
            </List.Item>
          ))}
        </List>
      )}
      {onAlternative !== undefined && alternatives.length > 0 && (
        <>
          <Text size="sm" mt="xs">
            {messages.form.instead}
          </Text>
          <Group gap="xs" mt={4}>
            {alternatives.map((each) => (
              <AlternativeButton key={JSON.stringify(each)} alternative={each} busy={busy} onChoose={onAlternative} />
            ))}
          </Group>
        </>
      )}
    </Alert>
  )
}

/** The sentence of a refusal, with the numbers of rooms in place of their ids. */
function RefusalText({ error }: { readonly error: unknown }) {
  useNames()
  const sentence = sentenceOf(error)
  const room = error instanceof Refusal ? error.metadata.room : undefined
  if (room !== undefined) wantName('rooms', room)
  const named = room === undefined ? sentence : sentence.replaceAll(room, knownName('rooms', room) ?? room)
  return <Text size="sm">{named}</Text>
}

type ButtonProps = {
  readonly alternative: Alternative
  readonly busy: boolean
  readonly onChoose: (alternative: Alternative) => void
}

function AlternativeButton({ alternative, busy, onChoose }: ButtonProps) {
  useNames()
  for (const room of alternative.rooms) wantName('rooms', room)
  const rooms = alternative.rooms.map((room) => knownName('rooms', room) ?? '…').join(', ')
  const day = (date: string) => formatDate(date, { day: 'numeric', month: 'short' })
  return (
    <Button size="compact-sm" variant="default" disabled={busy} onClick={() => onChoose(alternative)}>
      {messages.deskPage.alternative(rooms, day(alternative.in_date), day(alternative.out_date))}
    </Button>
  )
}
