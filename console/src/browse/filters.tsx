import { Button, Checkbox, Group, Paper, TextInput, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type FormEvent, useState } from 'react'
import { type ApiDocument, type Operation, queryParameters } from '../api/document.ts'
import { Field, type FieldValue } from '../forms/field.tsx'
import { label, messages } from '../messages/index.ts'

const words = messages.list
/** They have places of their own. */
const elsewhere = new Set(['page_size', 'page_token', 'show_deleted', 'query'])

type Props = {
  readonly document: ApiDocument
  readonly operation: Operation
  readonly given: Readonly<Record<string, string>>
  readonly onApply: (query: Record<string, string | undefined>) => void
}

/** The search and all filters that the document has for a list. */
export function Filters({ document, operation, given, onApply }: Props) {
  const parameters = queryParameters(operation)
  const filters = parameters.filter(({ name }) => !elsewhere.has(name))
  const needed = filters.filter(({ required }) => required === true)
  const active = filters.filter(({ name }) => given[name])
  const has = (name: string) => parameters.some((each) => each.name === name)
  const [opened, { toggle }] = useDisclosure(needed.some(({ name }) => !given[name]))
  const [values, setValues] = useState<Readonly<Record<string, FieldValue>>>(given)
  const apply = (next: Readonly<Record<string, FieldValue>>) => {
    const texts = Object.entries(next).flatMap(([name, value]) =>
      value === undefined || value === '' || value === false ? [] : [[name, String(value)]],
    )
    onApply({ ...Object.fromEntries(texts), page_token: undefined })
  }
  const submit = (event: FormEvent) => [event.preventDefault(), apply(values)]
  return (
    <Paper component="form" role="search" withBorder p="xs" mb="sm" onSubmit={submit}>
      <Group gap="xs" align="center">
        {has('query') && (
          <TextInput
            size="xs"
            className="search"
            type="search"
            aria-label={label('query')}
            placeholder={label('query')}
            value={String(values.query ?? '')}
            onChange={(event) => setValues({ ...values, query: event.currentTarget.value })}
          />
        )}
        {filters.length > 0 && (
          <UnstyledButton type="button" onClick={toggle} aria-expanded={opened} className="filters-toggle">
            {words.filters}
            {active.length > 0 && ` (${active.length})`} <span aria-hidden="true">{opened ? '▴' : '▾'}</span>
          </UnstyledButton>
        )}
        {has('show_deleted') && (
          <Checkbox
            size="xs"
            label={words.showDeleted}
            checked={given.show_deleted === 'true'}
            onChange={(event) => apply({ ...values, show_deleted: event.currentTarget.checked })}
          />
        )}
        {(has('query') || opened) && (
          <Button type="submit" size="compact-xs">
            {words.apply}
          </Button>
        )}
        {Object.keys(given).length > 0 && (
          <Button type="button" size="compact-xs" variant="subtle" onClick={() => onApply({})}>
            {words.clear}
          </Button>
        )}
      </Group>
      {opened && (
        <div className="filters">
          {filters.map(({ name, schema, required }) => (
            <Field
              key={name}
              document={document}
              name={name}
              schema={schema}
              terse
              required={required === true}
              value={values[name]}
              onChange={(value) => setValues({ ...values, [name]: value })}
            />
          ))}
        </div>
      )}
    </Paper>
  )
}
