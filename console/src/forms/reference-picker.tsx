import { Select } from '@mantine/core'
import { useState } from 'react'
import { useName } from '../api/names.ts'
import { messages } from '../messages/index.ts'
import { useOptions } from './search.ts'

type Props = {
  readonly collection: string
  readonly value: string | undefined
  readonly onChange: (value: string | undefined) => void
  readonly label: string
  readonly name?: string
  readonly description?: string | undefined
  readonly error?: string | undefined
  readonly required?: boolean
  readonly size?: 'xs' | 'sm'
  readonly within?: Readonly<Record<string, string>>
}

/** Picks a resource by searching its name. */
export function ReferencePicker({ collection, value, onChange, within = {}, size = 'sm', ...rest }: Props) {
  const [search, setSearch] = useState('')
  const [opened, setOpened] = useState(false)
  const name = useName(collection, value)
  const options = useOptions(collection, search === name ? '' : search, within, opened)
  const chosen =
    value === undefined || options.some((each) => each.value === value) ? [] : [{ value, label: name ?? value }]
  return (
    <Select
      label={rest.label}
      name={rest.name}
      description={rest.description}
      error={rest.error}
      required={rest.required}
      size={size}
      searchable
      clearable={rest.required !== true}
      clearButtonProps={{ 'aria-label': messages.list.clear }}
      placeholder={messages.form.search}
      nothingFoundMessage={messages.form.nothingFound}
      data={[...chosen, ...options]}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      onSearchChange={setSearch}
      onDropdownOpen={() => setOpened(true)}
      filter={({ options: all }) => all}
      maxDropdownHeight={260}
      comboboxProps={{ withinPortal: true }}
    />
  )
}
