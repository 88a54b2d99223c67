import { Alert, Anchor, Button, Group, Loader, Table, Text, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useLocation as useAddress, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { type Call, call } from '../api/call.ts'
import { type ApiDocument, documentQuery, operationOf, scopeOf } from '../api/document.ts'
import { learn, type Resource } from '../api/names.ts'
import { sentenceOf } from '../api/refusal.ts'
import { allows, useSession } from '../api/session.ts'
import { label, messages } from '../messages/index.ts'
import { NotFound } from '../shell/not-found.tsx'
import { CallPanel } from './call-panel.tsx'
import { type Collection, collectionAt, columnsOf, pageOf, rowName } from './collection.ts'
import { CreateDrawer } from './create-drawer.tsx'
import { Filters } from './filters.tsx'
import { useNamesOf } from './names-of.ts'
import { Value } from './value.tsx'

const words = messages.list
type Row = Readonly<Record<string, unknown>>
type Page = Readonly<Record<string, unknown>> & { readonly next_page_token?: string }

/** The list of a resource: its address has the API's own query. */
export function ListPage() {
  const { data: document, error } = useQuery(documentQuery)
  const { pathname } = useAddress()
  if (error) return <Alert color="red">{sentenceOf(error)}</Alert>
  if (document === undefined) return <Loader aria-label={messages.loading} size="sm" />
  const collection = collectionAt(document, pathname.replace(/\/$/, ''))
  return collection === undefined ? (
    <NotFound />
  ) : (
    <List key={collection.path} document={document} collection={collection} />
  )
}

function List({ document, collection }: { readonly document: ApiDocument; readonly collection: Collection }) {
  const { create, ...search } = useSearch({ strict: false }) as Record<string, string>
  const navigate = useNavigate()
  const session = useSession()
  const request: Call = { method: 'GET', path: collection.path, query: search }
  const lacks = (collection.list.parameters ?? []).some(
    (each) => 'required' in each && each.required === true && !search[each.name],
  )
  const { data, error, isFetching } = useQuery({
    queryKey: ['list', collection.path, search],
    enabled: !lacks,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call<Page>(request, signal),
  })
  const rows = (data?.[collection.property] ?? []) as readonly Row[]
  useEffect(() => {
    if (rows.length > 0 && 'id' in collection.fields) learn(collection.property, rows as readonly Resource[])
  }, [rows, collection])
  const creation = operationOf(document, 'POST', collection.path)
  const mayCreate = creation !== undefined && allows(session, scopeOf(creation))
  const go = (next: Record<string, string | undefined>) => navigate({ to: collection.path, search: next as never })
  const token = data?.next_page_token
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          {label(collection.name)}
        </Title>
        {mayCreate && (
          <Button onClick={() => go({ ...search, create: 'true' })}>
            {words.create(messages.one[collection.name] ?? label(collection.name))}
          </Button>
        )}
      </Group>
      <Filters
        key={JSON.stringify(search)}
        document={document}
        operation={collection.list}
        given={search}
        onApply={go}
      />
      {lacks && <Text c="dimmed">{words.needsDates}</Text>}
      {error && (
        <Alert color="red" role="alert">
          {sentenceOf(error)}
        </Alert>
      )}
      {!lacks && data === undefined && !error && <Loader aria-label={messages.loading} size="sm" />}
      {data !== undefined && <Rows document={document} collection={collection} rows={rows} busy={isFetching} />}
      <Group my="sm" justify="space-between">
        <Text size="xs" c="dimmed" role="status">
          {data !== undefined && (rows.length === 0 ? words.none : words.count(rows.length))}
        </Text>
        <Group gap="xs">
          {search.page_token && (
            <Button variant="default" size="xs" onClick={() => go({ ...search, page_token: undefined })}>
              {words.first}
            </Button>
          )}
          <Button variant="default" size="xs" disabled={!token} onClick={() => go({ ...search, page_token: token })}>
            {words.next}
          </Button>
        </Group>
      </Group>
      {data !== undefined && <CallPanel document={document} call={request} answer={data} />}
      {mayCreate && (
        <CreateDrawer
          document={document}
          collection={collection}
          opened={create === 'true'}
          onClose={() => go(search)}
        />
      )}
    </>
  )
}

type RowsProps = {
  readonly document: ApiDocument
  readonly collection: Collection
  readonly rows: readonly Row[]
  readonly busy: boolean
}

function Rows({ document, collection, rows, busy }: RowsProps) {
  const columns = columnsOf(collection, rows)
  useNamesOf(rows)
  if (rows.length === 0) return null
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table striped highlightOnHover verticalSpacing={5} className="list" aria-busy={busy}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">
              {'first_name' in collection.fields
                ? messages.nameColumn
                : label(
                    collection.property === 'reservations'
                      ? 'confirmation_code'
                      : (['number', 'name'].find((field) => field in collection.fields) ?? 'id'),
                  )}
            </Table.Th>
            {columns.map((column) => (
              <Table.Th key={column} scope="col">
                {label(column)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, at) => (
            <Table.Tr
              key={String(row.id ?? row.reservation ?? row.room ?? at)}
              data-deleted={row.delete_time !== undefined || undefined}
            >
              <Table.Td>
                <RowLink to={pageOf(collection, row)} name={rowName(collection, row)} />
              </Table.Td>
              {columns.map((column) => (
                <Table.Td key={column}>
                  {column === 'nights' ? (
                    <Nights value={row[column]} />
                  ) : (
                    <Value document={document} name={column} schema={collection.fields[column]} value={row[column]} />
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function RowLink({ to, name }: { readonly to: string | undefined; readonly name: string }) {
  if (to === undefined) return name === '' ? messages.deskPage.noType : name
  return (
    <Anchor component={Link} to={to} search={{} as never} fw={500} size="sm">
      {name || messages.nobody}
    </Anchor>
  )
}

/** Free of all, night by night. */
function Nights({ value }: { readonly value: unknown }) {
  const nights = (value ?? []) as readonly { readonly night: string; readonly free: number; readonly total: number }[]
  return (
    <span className="nights">
      {nights.map(({ night, free, total }) => (
        <span key={night} data-full={free <= 0 || undefined} title={night}>
          {night.slice(8)}: {free}/{total}
        </span>
      ))}
    </span>
  )
}
