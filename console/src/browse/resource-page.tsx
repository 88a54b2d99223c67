import { Alert, Badge, Button, Drawer, Group, Loader, Paper, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Call, call } from '../api/call.ts'
import { type ApiDocument, documentQuery, operationOf, resolve, type Schema, scopeOf } from '../api/document.ts'
import { learn, nameOf, type Resource } from '../api/names.ts'
import { sentenceOf } from '../api/refusal.ts'
import { allows, useSession } from '../api/session.ts'
import { ResourceForm } from '../forms/resource-form.tsx'
import { label, messages } from '../messages/index.ts'
import { locationsQuery } from '../shell/house.tsx'
import { NotFound } from '../shell/not-found.tsx'
import { Actions } from './actions.tsx'
import { CallPanel } from './call-panel.tsx'
import { History } from './history.tsx'
import { Value } from './value.tsx'

const words = messages.page

/** One resource: what it is, its history, and what may be done with it. */
export function ResourcePage() {
  const { collection = '', id = '' } = useParams({ strict: false }) as { collection?: string; id?: string }
  const { data: document, error } = useQuery(documentQuery)
  if (error) return <Alert color="red">{sentenceOf(error)}</Alert>
  if (document === undefined) return <Loader aria-label={messages.loading} size="sm" />
  if (operationOf(document, 'GET', `/${collection}/{id}`) === undefined) return <NotFound />
  return <One key={`${collection}/${id}`} document={document} collection={collection} id={id} />
}

function One({
  document,
  collection,
  id,
}: {
  readonly document: ApiDocument
  readonly collection: string
  readonly id: string
}) {
  const path = `/${collection}/${encodeURIComponent(id)}`
  const request: Call = { method: 'GET', path }
  const session = useSession()
  const queries = useQueryClient()
  const [changing, setChanging] = useState(false)
  const { data: resource, error } = useQuery({
    queryKey: ['resource', path],
    queryFn: ({ signal }) => call<Resource>(request, signal),
  })
  const { data: locations = [] } = useQuery(locationsQuery)
  useEffect(() => {
    if (resource !== undefined) learn(collection, [resource])
  }, [resource, collection])
  if (error)
    return (
      <Alert color="red" role="alert" title={messages.errors.title}>
        {sentenceOf(error)}
      </Alert>
    )
  if (resource === undefined) return <Loader aria-label={messages.loading} size="sm" />
  const update = operationOf(document, 'PATCH', `/${collection}/{id}`)
  const deleted = resource.delete_time !== undefined
  const mayChange = update !== undefined && !deleted && allows(session, scopeOf(update))
  const fields = schemaFields(document, collection)
  const timeZone = locations.find(
    (each) => each.id === (collection === 'locations' ? id : resource.location),
  )?.time_zone
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['resource', path] }),
      queries.invalidateQueries({ queryKey: ['list'] }),
    ])
  const done = (sentence: string) => [notifications.show({ message: sentence }), void refresh()]
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Group gap="xs">
          <Title order={1} size="h3">
            {nameOf(resource)}
          </Title>
          <Text c="dimmed">{messages.one[collection] ?? label(collection)}</Text>
          {deleted && (
            <Badge color="red" variant="light" tt="none">
              {words.deleted}
            </Badge>
          )}
        </Group>
        <Group gap="xs">
          {mayChange && <Button onClick={() => setChanging(true)}>{words.change}</Button>}
          <Actions {...{ document, collection, resource, session, timeZone }} onDone={() => done(words.done)} />
        </Group>
      </Group>
      <div className="resource">
        <Paper withBorder p="md" component="section" aria-label={words.details}>
          <dl className="details">
            {Object.entries(fields).map(([name, schema]) => (
              <div key={name}>
                <dt>{label(name)}</dt>
                <dd>
                  <Value document={document} name={name} schema={schema} value={resource[name]} timeZone={timeZone} />
                </dd>
              </div>
            ))}
          </dl>
        </Paper>
        {operationOf(document, 'GET', `/${collection}/{id}/history`) !== undefined && (
          <Paper withBorder p="md" component="section" aria-label={words.history}>
            <Title order={2} size="h5" mb="sm">
              {words.history}
            </Title>
            <History document={document} path={path} fields={fields} timeZone={timeZone} />
          </Paper>
        )}
      </div>
      <CallPanel document={document} call={request} answer={resource} />
      {update !== undefined && (
        <Drawer
          opened={changing}
          onClose={() => setChanging(false)}
          position="right"
          size="md"
          title={<Text fw={600}>{words.change}</Text>}
          closeButtonProps={{ 'aria-label': messages.close }}
        >
          <ResourceForm
            document={document}
            operation={update}
            path={path}
            resource={resource}
            onCancel={() => setChanging(false)}
            onDone={() => [setChanging(false), done(words.saved)]}
          />
        </Drawer>
      )}
    </>
  )
}

/** The fields of one resource, as the document has them: `room` of several is shorthand. */
function schemaFields(document: ApiDocument, collection: string): Readonly<Record<string, Schema>> {
  const get = operationOf(document, 'GET', `/${collection}/{id}`)
  const schema = get?.responses?.['200']?.content?.['application/json']?.schema
  const { properties = {} } = schema === undefined ? {} : resolve(document, schema)
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !(name === 'room' && 'rooms' in properties)))
}
