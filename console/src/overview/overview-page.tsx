import './overview.css'
import { Loader, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { formatDate, todayIn } from '../api/dates.ts'
import { useToday } from '../desk/use-house.ts'
import { label, messages } from '../messages/index.ts'
import { type Location, useLocation } from '../shell/house.tsx'
import { cancellationsQuery, flowQuery, type Lead, MOST_COUNTED, occupancyQuery } from './data.ts'
import { Plot } from './plot.tsx'

const words = messages.overviewPage
const leads: readonly Lead[] = ['after', 'day', 'week', 'month', 'later']
const counted = [{ key: 'count', name: words.count }]

/** The location at a glance: how full it will be, who comes and leaves, and what was cancelled. */
export function OverviewPage() {
  const location = useLocation()
  if (location === undefined) return <Loader aria-label={messages.loading} size="sm" />
  return <Overview key={location.id} location={location} />
}

function Overview({ location }: { readonly location: Location }) {
  const today = useToday(location.time_zone)
  const day = (date: string) => formatDate(date, { day: 'numeric', month: 'short' })
  const occupancy = useQuery(occupancyQuery(location.id, today))
  const flow = useQuery(flowQuery(location.id, today))
  const cancelled = useQuery(
    cancellationsQuery(location.id, today, (moment) => todayIn(location.time_zone, new Date(moment))),
  )

  const types = (occupancy.data ?? []).map(({ room_type = 'none', name, nights }) => ({
    key: room_type,
    name: name || messages.deskPage.noType,
    nights,
  }))
  const nights = types[0]?.nights.map(({ night }, at) => ({
    at: day(night),
    ...Object.fromEntries(types.map(({ key, nights: of }) => [key, share(of[at])])),
  }))
  const causes = Object.entries(Object.groupBy(cancelled.data ?? [], ({ cause }) => cause))
  const byLead = Object.groupBy(cancelled.data ?? [], ({ lead }) => lead)
  return (
    <>
      <Title order={1} size="h3" mb="sm">
        {messages.overview}: {location.name}
      </Title>
      <div className="plots">
        <Plot
          kind="lines"
          title={words.occupancy}
          hint={words.occupancyHint}
          axis={words.night}
          percent
          error={occupancy.error}
          rows={occupancy.data === undefined ? undefined : (nights ?? [])}
          series={types}
        />
        <Plot
          kind="bars"
          title={words.flow}
          axis={words.date}
          error={flow.error}
          rows={flow.data?.map(({ date, ...counts }) => ({ at: day(date), ...counts }))}
          series={[
            { key: 'arrivals', name: messages.deskPage.arrivals },
            { key: 'departures', name: messages.deskPage.departures },
          ]}
        />
        <Plot
          kind="bars"
          title={`${words.cancellations}: ${words.byCause}`}
          axis={words.byCause}
          error={cancelled.error}
          rows={cancelled.data && causes.map(([cause, rows]) => ({ at: nameOfCause(cause), count: rows?.length ?? 0 }))}
          series={counted}
        />
        <Plot
          kind="bars"
          title={`${words.cancellations}: ${words.byLead}`}
          axis={words.byLead}
          error={cancelled.error}
          rows={
            cancelled.data && leads.map((lead) => ({ at: words.leads[lead] ?? lead, count: byLead[lead]?.length ?? 0 }))
          }
          series={counted}
        />
      </div>
      {(cancelled.data?.length ?? 0) >= MOST_COUNTED && (
        <Text size="xs" c="dimmed">
          {words.truncated(MOST_COUNTED)}
        </Text>
      )}
    </>
  )
}

function share(night: { readonly held: number; readonly total: number } | undefined): number {
  return night === undefined || night.total === 0 ? 0 : night.held / night.total
}

function nameOfCause(cause: string): string {
  if (cause === 'unknown') return words.unknown
  return cause === 'lapsed' ? words.lapsed : label(cause)
}
