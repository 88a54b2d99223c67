import { Checkbox, NativeSelect, NumberInput, TagsInput, Textarea, TextInput } from '@mantine/core'
import { type ApiDocument, isReference, resolve, type Schema } from '../api/document.ts'
import { label, messages } from '../messages/index.ts'
import { ReferencePicker } from './reference-picker.tsx'
import { ReferencesPicker } from './references-picker.tsx'

export type FieldValue = string | number | boolean | readonly string[] | undefined

export type FieldProps = {
  readonly document: ApiDocument
  readonly name: string
  readonly schema: Schema
  readonly value: FieldValue
  readonly onChange: (value: FieldValue) => void
  readonly error?: string | undefined
  readonly required?: boolean
  /** Without the description of the document, where there is little room. */
  readonly terse?: boolean
  /** Narrows what a reference may be chosen from. */
  readonly within?: Readonly<Record<string, string>>
}

/** More than so many characters are written in several lines. */
const LONG = 255

/** The input for a field of the document, by its schema: an unknown field gets one, too. */
export function Field(props: FieldProps) {
  const { document, name, value, onChange, error, required = false, terse = false } = props
  const schema = resolve(document, props.schema)
  const collection = collectionOf(document, name, props.schema)
  const description = terse ? undefined : hintOf(label(name), schema.description)
  const common = { label: label(name), description, error, required, size: terse ? 'xs' : 'sm', name } as const
  const text = typeof value === 'string' ? value : value === undefined ? '' : String(value)
  const change = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value)
  if (collection !== undefined && schema.type === 'array')
    return <ReferencesPicker {...common} {...props} collection={collection} value={Array.isArray(value) ? value : []} />
  if (collection !== undefined)
    return <ReferencePicker {...common} {...props} collection={collection} value={text === '' ? undefined : text} />
  if (schema.type === 'array')
    return <TagsInput {...common} value={Array.isArray(value) ? [...value] : []} onChange={onChange} />
  if (schema.type === 'boolean')
    return (
      <Checkbox
        label={common.label}
        description={description}
        error={error}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (schema.enum !== undefined) {
    const options = schema.enum.map((each) => ({ value: each, label: label(each) }))
    return (
      <NativeSelect
        {...common}
        value={text}
        onChange={change}
        data={[{ value: '', label: terse ? messages.list.any : messages.form.notGiven }, ...options]}
      />
    )
  }
  if (schema.type === 'integer' || schema.type === 'number')
    return (
      <NumberInput
        {...common}
        value={text === '' ? '' : Number(text)}
        min={schema.minimum}
        max={schema.maximum}
        allowDecimal={schema.type === 'number'}
        onChange={(next) => onChange(next === '' ? undefined : next)}
      />
    )
  if (schema.format === 'date') return <TextInput {...common} type="date" value={text} onChange={change} />
  if (schema.format === 'date-time')
    return (
      <TextInput
        {...common}
        type="datetime-local"
        value={toLocal(text)}
        onChange={(event) => onChange(fromLocal(event.currentTarget.value))}
      />
    )
  if ((schema.maxLength ?? 0) > LONG)
    return <Textarea {...common} value={text} onChange={change} autosize minRows={2} />
  return (
    <TextInput
      {...common}
      type={name === 'email' ? 'email' : 'text'}
      value={text}
      onChange={change}
      maxLength={schema.maxLength}
    />
  )
}

/** The collection that a field refers to by id, as `room_types` of `room_type`; undefined for another field. */
export function collectionOf(document: ApiDocument, name: string, schema: Schema): string | undefined {
  if (!isReference(resolve(document, schema)) && !isReference(schema)) return undefined
  return [name, `${name}s`].find((each) => document.paths[`/${each}`]?.get !== undefined)
}

/** The first sentence of the document about a field, unless it only says the name again. */
function hintOf(name: string, text: string | undefined): string | undefined {
  const [first = ''] = text?.replaceAll('\n', ' ').split(/(?<=[.;:]) /) ?? []
  // A resource is picked by its name here, though the API knows it by its id.
  const hint = first.replace(/[.;:]$/, '').replace(/^Ids? of (the )?/, '')
  if (hint === '' || hint.toLowerCase() === name.toLowerCase()) return undefined
  return `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`
}

/** As an input of the browser's own time takes it. */
function toLocal(moment: string): string {
  if (moment === '') return ''
  const at = new Date(moment)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function fromLocal(text: string): string | undefined {
  return text === '' ? undefined : new Date(text).toISOString()
}
