import type { VirtualItem } from '@tanstack/react-virtual'
import { memo } from 'react'
import { dateOf, formatDate } from '../../api/dates.ts'
import { messages } from '../../messages/index.ts'
import { HEAD, NIGHT, ROOM_COLUMN } from './geometry.ts'

type Props = { readonly first: number; readonly seen: readonly VirtualItem[]; readonly today: string }

/** The dates above the chart, and the corner over the rooms with the month that is in sight. */
export function ChartHead({ first, seen, today }: Props) {
  const month = formatDate(dateOf(first + (seen[0]?.index ?? 0)), { month: 'short', year: 'numeric' })
  return (
    <div className="chart-head" style={{ height: HEAD }}>
      <div className="chart-corner" style={{ width: ROOM_COLUMN, height: HEAD }}>
        <b>{month}</b>
        {messages.deskPage.rooms}
      </div>
      <div className="chart-dates" style={{ left: ROOM_COLUMN }}>
        {seen.map(({ index, start }) => (
          <HeadDate key={index} date={dateOf(first + index)} left={start} today={today} />
        ))}
      </div>
    </div>
  )
}

type DateProps = { readonly date: string; readonly left: number; readonly today: string }

const HeadDate = memo(function HeadDate({ date, left, today }: DateProps) {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return (
    <div
      className="chart-date"
      style={{ transform: `translateX(${left}px)`, width: NIGHT, height: HEAD }}
      data-today={date === today || undefined}
      data-weekend={weekday === 0 || weekday === 6 || undefined}
    >
      <span>{formatDate(date, { weekday: 'short' })}</span>
      <b>
        {date.endsWith('-01')
          ? formatDate(date, { day: 'numeric', month: 'short' })
          : formatDate(date, { day: 'numeric' })}
      </b>
    </div>
  )
})
