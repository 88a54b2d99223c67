import { Anchor, Badge, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { formatDate, formatMoment, formatNumber } from '../api/dates.ts'
import { type ApiDocument, resolve, type Schema } from '../api/document.ts'
import { useName } from '../api/names.ts'
import { collectionOf } from '../forms/field.tsx'
import { label, messages } from '../messages/index.ts'

type Props = {
  readonly document: ApiDocument
  readonly name: string
  readonly schema: Schema | undefined
  readonly value: unknown
  /** Of the resource's location, where it has one: its moments are shown there. */
  readonly timeZone?: string | undefined
}

const colours: Readonly<Record<string, string>> = { PENDING: 'blue', CHECKED_IN: 'green', CHECKED_OUT: 'gray' }

/** A value of the API for a person: references by name, dates in the reader's language. */
export function Value({ document, name, schema, value, timeZone }: Props) {
  if (value === undefined || value === null || value === '')
    return (
      <Text span inherit c="dimmed">
        –
      </Text>
    )
  const resolved = schema === undefined ? {} : resolve(document, schema)
  const collection = schema === undefined ? undefined : collectionOf(document, name, schema)
  if (Array.isArray(value))
    return value.map((each, at) => (
      <span key={typeof each === 'string' ? each : at}>
        {at > 0 && ', '}
        {collection === undefined ? textOf(each) : <Reference collection={collection} id={String(each)} />}
      </span>
    ))
  if (collection !== undefined) return <Reference collection={collection} id={String(value)} />
  if (typeof value === 'boolean') return value ? messages.list.yes : messages.list.no
  if (typeof value === 'number') return formatNumber(value)
  const text = textOf(value)
  if (resolved.enum !== undefined)
    return (
      <Badge variant="light" color={colours[text] ?? 'gray'} tt="none" autoContrast className="badge">
        {label(text)}
      </Badge>
    )
  if (resolved.format === 'date') return <time dateTime={text}>{formatDate(text)}</time>
  if (resolved.format === 'date-time') return <time dateTime={text}>{formatMoment(text, timeZone)}</time>
  return text
}

/** The name of a resource, as a link to its page. */
export function Reference({ collection, id }: { readonly collection: string; readonly id: string }) {
  const name = useName(collection, id)
  return (
    <Anchor component={Link} to={`/${collection}/${id}`} search={{} as never} size="sm">
      {name ?? '…'}
    </Anchor>
  )
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { in_date, out_date, by, ...others } = value as Readonly<Record<string, unknown>>
  if (typeof in_date !== 'string' || typeof out_date !== 'string') return JSON.stringify(value)
  // Nights that are held, and what holds them.
  const day = (date: string) => formatDate(date, { day: 'numeric', month: 'short' })
  const holder = [by, ...Object.values(others)].filter((each) => typeof each === 'string').map(label)
  return `${day(in_date)} – ${day(out_date)}${holder.length > 0 ? ` (${holder.join(', ')})` : ''}`
}
