import { Badge, Button, Group, Tabs, Text } from '@mantine/core'
import { keepPreviousData, useQueries } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { formatDate } from '../api/dates.ts'
import { learnNames } from '../api/names.ts'
import { fullName } from '../browse/names-of.ts'
import { label, messages } from '../messages/index.ts'
import type { Desk } from './changes.ts'
import type { Stay } from './stay.ts'
import type { Step } from './steps.ts'

const words = messages.deskPage
const lists = ['arrivals', 'in_house', 'departures'] as const
const titles = { arrivals: words.arrivals, in_house: words.inHouse, departures: words.departures }
const colours = { PENDING: 'blue', CHECKED_IN: 'green', CHECKED_OUT: 'gray' }

type Props = {
  readonly location: string
  readonly today: string
  readonly desk: Desk
  readonly mayChange: boolean
  readonly onOpen: (id: string) => void
}

/** The guests who come, are here and leave today, by the location's own date, with what is done with them by one click. */
export function DayLists({ location, today, desk, mayChange, onOpen }: Props) {
  const answers = useQueries({
    queries: lists.map((list) => ({
      queryKey: ['desk', list, location, today],
      placeholderData: keepPreviousData,
      queryFn: ({ signal }: { signal: AbortSignal }) => readAll(list, location, signal),
    })),
  })
  return (
    <Tabs defaultValue="arrivals" className="day-lists" keepMounted={false}>
      <Tabs.List grow>
        {lists.map((list, at) => (
          <Tabs.Tab key={list} value={list}>
            {titles[list]}{' '}
            <Badge size="sm" variant="light" color="gray" tt="none">
              {answers[at]?.data?.length ?? '…'}
            </Badge>
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {lists.map((list, at) => (
        <Tabs.Panel key={list} value={list} className="day-list">
          {answers[at]?.data?.length === 0 && (
            <Text size="sm" c="dimmed" p="sm">
              {words.noneToday}
            </Text>
          )}
          <ul aria-label={titles[list]}>
            {(answers[at]?.data ?? []).map((stay) => (
              <StayRow key={stay.reservation} {...{ stay, desk, mayChange, onOpen }} />
            ))}
          </ul>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

type RowProps = Pick<Props, 'desk' | 'mayChange' | 'onOpen'> & { readonly stay: Stay }

function StayRow({ stay, desk, mayChange, onOpen }: RowProps) {
  const name = fullName(stay)
  const steps = mayChange ? desk.steps(stay) : new Set<Step>()
  const day = (date: string) => formatDate(date, { day: 'numeric', month: 'short' })
  return (
    <li className="stay">
      <button type="button" className="stay-open" onClick={() => onOpen(stay.reservation)}>
        <b>{name}</b>
        <span>
          {words.room(stay.room_numbers.join(', '))} · {day(stay.in_date)} – {day(stay.out_date)}
        </span>
      </button>
      <Group gap={6} wrap="nowrap">
        {stay.overstay && (
          <Badge color="red" variant="light" tt="none">
            {words.overstay}
          </Badge>
        )}
        {steps.has('checkIn') && (
          <Button
            size="compact-xs"
            onClick={() => desk.checkIn(stay.reservation)}
            aria-label={`${words.checkIn}: ${name}`}
          >
            {words.checkIn}
          </Button>
        )}
        {steps.has('confirm') && (
          <Button
            size="compact-xs"
            variant="light"
            onClick={() => desk.confirm(stay.reservation)}
            aria-label={`${messages.actions.confirm}: ${name}`}
          >
            {messages.actions.confirm}
          </Button>
        )}
        {steps.has('checkOut') && (
          <Button
            size="compact-xs"
            variant="light"
            onClick={() => desk.checkOut(stay.reservation, stay.out_date)}
            aria-label={`${words.checkOut}: ${name}`}
          >
            {words.checkOut}
          </Button>
        )}
        {!steps.has('checkIn') && !steps.has('confirm') && !steps.has('checkOut') && (
          <Badge color={colours[stay.status]} variant="light" tt="none">
            {label(stay.status)}
          </Badge>
        )}
      </Group>
    </li>
  )
}

async function readAll(list: string, location: string, signal: AbortSignal): Promise<readonly Stay[]> {
  const stays: Stay[] = []
  let page_token = ''
  do {
    const query = { location, page_size: '500', page_token }
    const page = await call<{ reservations: Stay[]; next_page_token: string }>(
      { method: 'GET', path: `/reservations/${list}`, query },
      signal,
    )
    stays.push(...page.reservations)
    page_token = page.next_page_token
  } while (page_token !== '')
  learnNames(
    'guests',
    stays.map((stay) => [stay.guest, fullName(stay)]),
  )
  return stays
}
