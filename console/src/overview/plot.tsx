import { Alert, Loader, Paper, Table, Title } from '@mantine/core'
import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { formatNumber } from '../api/dates.ts'
import { sentenceOf } from '../api/refusal.ts'
import { messages } from '../messages/index.ts'

type Series = { readonly key: string; readonly name: string }
type Row = Readonly<Record<string, string | number>>

type Props = {
  readonly title: string
  readonly hint?: string
  readonly kind: 'lines' | 'bars'
  /** Each has its place on the axis under `at`, and a number for each series. */
  readonly rows: readonly Row[] | undefined
  readonly series: readonly Series[]
  readonly axis: string
  readonly error: unknown
  readonly percent?: boolean
}

/** Told apart also by who sees few colours, on light and on dark (after Okabe and Ito). */
const colours = ['#1c6dd0', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#56b4e9', '#7a5195']
/** Also told apart without any colour. */
const dashes = ['', '6 3', '2 3', '8 3 2 3', '10 4', '3 6', '1 2']

/** A plot with its numbers below it as a table, for who does not see it. */
export function Plot({ title, hint, kind, rows, series, axis, error, percent = false }: Props) {
  const show = (value: number) => formatNumber(value, percent ? { style: 'percent' } : undefined)
  const ChartKind = kind === 'lines' ? LineChart : BarChart
  return (
    <Paper withBorder p="md" component="section" aria-label={title} className="plot">
      <Title order={2} size="h5">
        {title}
      </Title>
      {hint !== undefined && <p className="plot-hint">{hint}</p>}
      {Boolean(error) && <Alert color="red">{sentenceOf(error)}</Alert>}
      {rows === undefined && !error && <Loader aria-label={messages.loading} size="sm" />}
      {rows !== undefined && (
        <>
          <div className="plot-picture" aria-hidden="true">
            <ResponsiveContainer width="100%" height={240}>
              <ChartKind
                data={[...rows]}
                margin={{ top: 12, right: 12, bottom: 0, left: -12 }}
                accessibilityLayer={false}
              >
                <CartesianGrid stroke="var(--line)" vertical={false} />
                <XAxis dataKey="at" tick={{ fill: 'var(--mantine-color-dimmed)', fontSize: 11 }} stroke="var(--line)" />
                <YAxis
                  tickFormatter={show}
                  tick={{ fill: 'var(--mantine-color-dimmed)', fontSize: 11 }}
                  stroke="var(--line)"
                  allowDecimals={percent}
                />
                <Tooltip
                  formatter={(value) => show(Number(value))}
                  contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', fontSize: 12 }}
                  cursor={{ fill: 'var(--line-soft)' }}
                />
                {series.length > 1 && (
                  <Legend
                    wrapperStyle={{ fontSize: 12 }}
                    formatter={(name) => <span className="legend">{name}</span>}
                  />
                )}
                {series.map(({ key, name }, at) =>
                  kind === 'lines' ? (
                    <Line
                      key={key}
                      dataKey={key}
                      name={name}
                      stroke={colours[at % 7]}
                      strokeDasharray={dashes[at % 7]}
                      strokeWidth={2}
                      dot={false}
                      isAnimationActive={false}
                    />
                  ) : (
                    <Bar
                      key={key}
                      dataKey={key}
                      name={name}
                      fill={colours[at % 7]}
                      isAnimationActive={false}
                      radius={[3, 3, 0, 0]}
                      maxBarSize={48}
                    />
                  ),
                )}
              </ChartKind>
            </ResponsiveContainer>
          </div>
          <details>
            <summary>{messages.overviewPage.asTable}</summary>
            <Numbers {...{ rows, series, axis, show, title }} />
          </details>
        </>
      )}
    </Paper>
  )
}

type NumbersProps = {
  readonly rows: readonly Row[]
  readonly series: readonly Series[]
  readonly axis: string
  readonly show: (value: number) => string
  readonly title: string
}

function Numbers({ rows, series, axis, show, title }: NumbersProps) {
  return (
    <Table verticalSpacing={2} aria-label={title}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{axis}</Table.Th>
          {series.map(({ key, name }) => (
            <Table.Th key={key} scope="col">
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.at}>
            <Table.Th scope="row">{row.at}</Table.Th>
            {series.map(({ key }) => (
              <Table.Td key={key}>{show(Number(row[key] ?? 0))}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
