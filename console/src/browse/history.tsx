import { Alert, Button, Loader, Text, Timeline } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { formatMoment } from '../api/dates.ts'
import type { ApiDocument, Schema } from '../api/document.ts'
import { sentenceOf } from '../api/refusal.ts'
import { label, messages } from '../messages/index.ts'
import { Value } from './value.tsx'

const words = messages.page
type Entry = {
  readonly version: number
  readonly time: string
  readonly actor: string
  readonly kind: string
  readonly fields: readonly {
    readonly field: string
    readonly from: readonly string[]
    readonly to: readonly string[]
  }[]
}
type Answer = { readonly entries: readonly Entry[]; readonly next_page_token: string }

type Props = {
  readonly document: ApiDocument
  readonly path: string
  readonly fields: Readonly<Record<string, Schema>>
  readonly timeZone: string | undefined
}

/** Who has changed a resource, when, and from what to what. */
export function History({ document, path, fields, timeZone }: Props) {
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['resource', path, 'history'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call<Answer>(
        { method: 'GET', path: `${path}/history`, query: { page_token: pageParam, page_size: '50' } },
        signal,
      ),
    getNextPageParam: ({ next_page_token }) => next_page_token || undefined,
  })
  if (error) return <Alert color="red">{sentenceOf(error)}</Alert>
  if (data === undefined) return <Loader aria-label={messages.loading} size="sm" />
  const entries = data.pages.flatMap((page) => page.entries)
  if (entries.length === 0) return <Text size="sm">{words.nothingYet}</Text>
  return (
    <>
      <Timeline bulletSize={12} lineWidth={2}>
        {entries.map((entry) => (
          <Timeline.Item key={entry.version} title={<Title entry={entry} timeZone={timeZone} />}>
            <ul className="changes">
              {entry.fields.map(({ field, from, to }) => (
                <li key={field}>
                  {label(field)}: <Values {...{ document, field, fields, timeZone }} values={from} /> →{' '}
                  <Values {...{ document, field, fields, timeZone }} values={to} />
                </li>
              ))}
            </ul>
          </Timeline.Item>
        ))}
      </Timeline>
      {hasNextPage && (
        <Button mt="sm" size="xs" variant="default" loading={isFetching} onClick={() => fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </>
  )
}

function Title({ entry, timeZone }: { readonly entry: Entry; readonly timeZone: string | undefined }) {
  return (
    <Text size="sm">
      <b>{entry.actor}</b> {messages.kinds[entry.kind] ?? label(entry.kind)}{' '}
      <Text span size="xs" c="dimmed">
        <time dateTime={entry.time}>{formatMoment(entry.time, timeZone)}</time>
      </Text>
    </Text>
  )
}

type ValuesProps = Omit<Props, 'path'> & { readonly field: string; readonly values: readonly string[] }

function Values({ document, field, fields, values, timeZone }: ValuesProps) {
  const schema = fields[field]
  const value = schema?.type === 'array' ? values : values.join(', ')
  return (
    <Value
      document={document}
      name={field}
      schema={schema}
      value={values.length === 0 ? undefined : value}
      timeZone={timeZone}
    />
  )
}
