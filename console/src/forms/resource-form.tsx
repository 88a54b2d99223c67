import { Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { type Call, call } from '../api/call.ts'
import { type ApiDocument, type Operation, requiredOf } from '../api/document.ts'
import type { Resource } from '../api/names.ts'
import { type Alternative, Refusal } from '../api/refusal.ts'
import { CallPanel } from '../browse/call-panel.tsx'
import { label, messages } from '../messages/index.ts'
import { createBody, formFields, updateBody, type Values, valuesOf } from './body.ts'
import { Conflict } from './conflict.tsx'
import { Field } from './field.tsx'
import { RefusalNotice } from './refusal-notice.tsx'
import { problemsOf } from './validate.ts'

type Props = {
  readonly document: ApiDocument
  readonly operation: Operation
  /** Of the resource, or of its collection for a new one. */
  readonly path: string
  /** What is changed; absent for a new one. */
  readonly resource?: Resource
  /** What a new one begins with. */
  readonly initial?: Values
  readonly onDone: (saved: Resource) => void
  readonly onCancel: () => void
}

/** Creates or changes a resource, with the fields that the document has for it. */
export function ResourceForm({ document, operation, path, resource, initial = {}, onDone, onCancel }: Props) {
  const fields = formFields(document, operation)
  const names = fields.map(([name]) => name)
  const required = requiredOf(document, operation)
  const [base, setBase] = useState(resource)
  const original = base === undefined ? {} : valuesOf(base, names)
  const [values, setValues] = useState<Values>({ ...valuesOf(initial, names), ...original })
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({})
  const [error, setError] = useState<unknown>()
  const [theirs, setTheirs] = useState<Resource>()
  const [busy, setBusy] = useState(false)

  const requestOf = (next: Values, from: Resource | undefined): Call =>
    from === undefined
      ? { method: 'POST', path, body: createBody(next) }
      : { method: 'PATCH', path, body: updateBody(valuesOf(from, names), next), etag: from.etag }

  const save = async (next: Values, from: Resource | undefined) => {
    setBusy(true)
    setError(undefined)
    setProblems({})
    try {
      onDone(await call<Resource>(requestOf(next, from)))
    } catch (refused) {
      if (refused instanceof Refusal && refused.reason === 'ETAG_MISMATCH' && from !== undefined)
        setTheirs(await call<Resource>({ method: 'GET', path }))
      else {
        setError(refused)
        setProblems(refused instanceof Refusal ? atFields(refused.fields) : {})
      }
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const request = requestOf(values, base)
    const found = atFields(problemsOf(document, operation, request.body as object, base !== undefined))
    setProblems(found)
    if (Object.keys(found).length === 0) void save(values, base)
  }
  const take = ({ rooms, in_date, out_date }: Alternative) => {
    const next: Values = { ...values, rooms, in_date, out_date, room_type: undefined, room_count: undefined }
    const known = Object.fromEntries(Object.entries(next).filter(([name]) => names.includes(name)))
    setValues(known)
    void save(known, base)
  }
  if (theirs !== undefined)
    return (
      <Conflict
        {...{ document, fields, original, busy }}
        mine={values}
        theirs={valuesOf(theirs, names)}
        onCancel={onCancel}
        onSave={(chosen) => {
          setBase(theirs)
          setValues(chosen)
          setTheirs(undefined)
          void save(chosen, theirs)
        }}
      />
    )
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <RefusalNotice error={error} fields={names} onAlternative={take} busy={busy} />
        {Object.keys(problems).length > 0 && error === undefined && (
          <Text role="alert" size="sm" c="red">
            {messages.form.summary} {Object.keys(problems).map(label).join(', ')}
          </Text>
        )}
        {fields.map(([name, schema]) => (
          <Field
            key={name}
            {...{ document, name, schema }}
            value={values[name]}
            required={base === undefined && required.includes(name)}
            error={problems[name]}
            onChange={(value) => setValues({ ...values, [name]: value })}
          />
        ))}
        <Group>
          <Button type="submit" loading={busy}>
            {base === undefined ? messages.form.create : messages.form.save}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {messages.cancel}
          </Button>
        </Group>
        <CallPanel document={document} call={requestOf(values, base)} />
      </Stack>
    </form>
  )
}

/** Several messages about items of a list stand at the list; a message about `room` is shown at `rooms`. */
function atFields(problems: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [path, problem] of Object.entries(problems)) {
    const field = path.split(/[.[]/)[0] ?? path
    found[field === 'room' ? 'rooms' : field] ??= problem
    if (field === 'room') found.room ??= problem
  }
  return found
}
