import { MultiSelect } from '@mantine/core'
import { useState } from 'react'
import { knownName, useNames, wantName } from '../api/names.ts'
import { messages } from '../messages/index.ts'
import { useOptions } from './search.ts'

type Props = {
  readonly collection: string
  readonly value: readonly string[]
  readonly onChange: (value: readonly string[] | undefined) => void
  readonly label: string
  readonly name?: string
  readonly description?: string | undefined
  readonly error?: string | undefined
  readonly required?: boolean
  readonly size?: 'xs' | 'sm'
  readonly within?: Readonly<Record<string, string>>
}

/** Picks several resources by searching their names. */
export function ReferencesPicker({ collection, value, onChange, within = {}, size = 'sm', ...rest }: Props) {
  const [search, setSearch] = useState('')
  const [opened, setOpened] = useState(false)
  useNames()
  for (const id of value) wantName(collection, id)
  const options = useOptions(collection, search, within, opened)
  const chosen = value
    .filter((id) => options.every((each) => each.value !== id))
    .map((id) => ({ value: id, label: knownName(collection, id) ?? id }))
  return (
    <MultiSelect
      label={rest.label}
      name={rest.name}
      description={rest.description}
      error={rest.error}
      required={rest.required}
      size={size}
      searchable
      placeholder={value.length === 0 ? messages.form.search : undefined}
      nothingFoundMessage={messages.form.nothingFound}
      data={[...chosen, ...options]}
      value={[...value]}
      onChange={(next) => onChange(next.length === 0 ? undefined : next)}
      onSearchChange={setSearch}
      onDropdownOpen={() => setOpened(true)}
      filter={({ options: all }) => all}
      maxDropdownHeight={260}
    />
  )
}
