import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { ApiDocument, Schema } from '../api/document.ts'
import { Value } from '../browse/value.tsx'
import { label, messages } from '../messages/index.ts'
import { isSame, type Values } from './body.ts'

const words = messages.form
type Side = 'mine' | 'theirs' | 'original'
const sides: readonly Side[] = ['mine', 'theirs', 'original']

type Props = {
  readonly document: ApiDocument
  readonly fields: readonly [string, Schema][]
  readonly original: Values
  readonly mine: Values
  readonly theirs: Values
  readonly busy: boolean
  readonly onSave: (values: Values) => void
  readonly onCancel: () => void
}

/** Somebody has saved meanwhile: for each field that differs one of mine, theirs and the original is chosen. */
export function Conflict({ document, fields, original, mine, theirs, busy, onSave, onCancel }: Props) {
  const differing = fields.filter(
    ([name]) => !isSame(mine[name], theirs[name]) || !isSame(theirs[name], original[name]),
  )
  const [choice, setChoice] = useState<Readonly<Record<string, Side>>>(() =>
    Object.fromEntries(differing.map(([name]) => [name, isSame(mine[name], original[name]) ? 'theirs' : 'mine'])),
  )
  const of = { mine, theirs, original }
  const save = () => {
    const chosen = differing.map(([name]) => [name, of[choice[name] ?? 'mine'][name]] as const)
    onSave({ ...theirs, ...Object.fromEntries(chosen) })
  }
  return (
    <Stack gap="sm">
      <Alert color="yellow" role="alert" title={words.conflict}>
        {words.conflictHint}
      </Alert>
      {differing.map(([name, schema]) => (
        <Radio.Group
          key={name}
          label={label(name)}
          value={choice[name] ?? 'mine'}
          onChange={(side) => setChoice({ ...choice, [name]: side as Side })}
        >
          <Group gap="md" mt={4}>
            {sides.map((side) => (
              <Radio
                key={side}
                value={side}
                size="sm"
                label={
                  <>
                    <Text span size="xs" c="dimmed">
                      {words[side]}:{' '}
                    </Text>
                    <Value document={document} name={name} schema={schema} value={of[side][name]} />
                  </>
                }
              />
            ))}
          </Group>
        </Radio.Group>
      ))}
      <Group>
        <Button onClick={save} loading={busy}>
          {words.saveChoice}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {messages.cancel}
        </Button>
      </Group>
    </Stack>
  )
}
