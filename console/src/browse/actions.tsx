import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { type Call, call } from '../api/call.ts'
import { todayIn } from '../api/dates.ts'
import { type ApiDocument, type Operation, operationOf, scopeOf } from '../api/document.ts'
import type { Resource } from '../api/names.ts'
import { allows, type Session } from '../api/session.ts'
import type { Reservation } from '../desk/stay.ts'
import { isStep, stepsOf } from '../desk/steps.ts'
import { formFields, type Values } from '../forms/body.ts'
import { Field } from '../forms/field.tsx'
import { RefusalNotice } from '../forms/refusal-notice.tsx'
import { label, messages } from '../messages/index.ts'
import { CallPanel } from './call-panel.tsx'

type Props = {
  readonly document: ApiDocument
  readonly collection: string
  readonly resource: Resource
  readonly session: Session
  /** Of the resource's location, where it has one. */
  readonly timeZone: string | undefined
  readonly onDone: () => void
}

type Action = {
  readonly name: string
  readonly method: 'POST' | 'DELETE'
  readonly operation: Operation
  readonly path: string
}

/** The other methods of the API for one resource than changing it: each has a button where the token and its state allow it. */
export function Actions({ document, collection, resource, session, timeZone, onDone }: Props) {
  const [asked, setAsked] = useState<Action>()
  const actions = actionsOf(document, collection).filter(
    ({ name, operation }) => allows(session, scopeOf(operation)) && fits(name, resource, collection, timeZone),
  )
  return (
    <>
      {actions.map((action) => (
        <Button
          key={action.name}
          variant="default"
          color={action.method === 'DELETE' ? 'red' : undefined}
          onClick={() => setAsked(action)}
        >
          {nameOfAction(action)}
        </Button>
      ))}
      {asked !== undefined && (
        <Ask
          document={document}
          action={asked}
          resource={resource}
          onClose={() => setAsked(undefined)}
          onDone={() => [setAsked(undefined), onDone()]}
        />
      )}
    </>
  )
}

function Ask({
  document,
  action,
  resource,
  onClose,
  onDone,
}: {
  readonly document: ApiDocument
  readonly action: Action
  readonly resource: Resource
  readonly onClose: () => void
  readonly onDone: () => void
}) {
  const [values, setValues] = useState<Values>({})
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const fields = formFields(document, action.operation)
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value))
  const request: Call = {
    ...{ method: action.method, path: action.path.replace('{id}', resource.id), etag: resource.etag },
    ...(action.method === 'POST' ? { body: given } : {}),
  }
  const run = async () => {
    setBusy(true)
    try {
      await call(request)
      onDone()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={<Text fw={600}>{nameOfAction(action)}</Text>}
      closeButtonProps={{ 'aria-label': messages.close }}
    >
      <Stack gap="sm">
        <RefusalNotice error={error} fields={fields.map(([name]) => name)} />
        <Text size="sm">
          {action.name === 'erase'
            ? messages.page.confirmErase
            : action.name === 'delete'
              ? messages.page.confirmDelete
              : (action.operation.summary?.split('. ')[0] ?? '')}
        </Text>
        {fields.map(([name, schema]) => (
          <Field
            key={name}
            {...{ document, name, schema }}
            value={values[name]}
            onChange={(value) => setValues({ ...values, [name]: value })}
          />
        ))}
        <Group>
          <Button
            color={action.method === 'DELETE' || action.name === 'erase' ? 'red' : undefined}
            loading={busy}
            onClick={run}
          >
            {nameOfAction(action)}
          </Button>
          <Button variant="default" onClick={onClose}>
            {messages.close}
          </Button>
        </Group>
        <CallPanel document={document} call={request} />
      </Stack>
    </Modal>
  )
}

/** The document's own methods of a resource, as `:undelete`; a new one appears by itself. */
function actionsOf(document: ApiDocument, collection: string): readonly Action[] {
  const one = `/${collection}/{id}`
  const custom = Object.entries(document.paths).flatMap(([path, { post }]) =>
    path.startsWith(`${one}:`) && post !== undefined
      ? [{ name: path.slice(one.length + 1), method: 'POST', operation: post, path } as const]
      : [],
  )
  const remove = operationOf(document, 'DELETE', one)
  // A reservation is cancelled, which also takes a reason and a cause.
  const hasCancel = custom.some(({ name }) => name === 'cancel')
  return [
    ...custom,
    ...(remove === undefined || hasCancel
      ? []
      : [{ name: 'delete', method: 'DELETE', operation: remove, path: one } as const]),
  ]
}

function fits(name: string, resource: Resource, collection: string, timeZone = 'UTC'): boolean {
  const isDeleted = resource.delete_time !== undefined
  if (name === 'undelete') return isDeleted
  if (name === 'erase') return resource.erase_time === undefined
  if (isDeleted) return false
  if (collection !== 'reservations') return true
  const dateAt = (moment: string) => todayIn(timeZone, new Date(moment))
  const steps = stepsOf(resource as Reservation, { today: todayIn(timeZone), dateAt })
  return !isStep(name) || steps.has(name)
}

function nameOfAction({ name }: Action): string {
  if (name === 'delete') return messages.page.delete
  if (name === 'undelete') return messages.page.undelete
  return messages.actions[name] ?? label(name)
}
