import { describe, expect, it } from '@jest/globals'
import { traceContext } from '../call/trace.ts'
import { summaryOf } from './statements.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`

describe('the place in a trace that headers say', () => {
  it('has the trace, and the headers as they are', () => {
    expect(traceContext(PARENT, 'vendor=1')).toEqual({ traceId: TRACE, traceparent: PARENT, tracestate: 'vendor=1' })
  })

  it.each([undefined, '', TRACE, `00-${TRACE}-b7ad6b7169203331`, PARENT.toUpperCase(), `${PARENT}-${'x'.repeat(500)}`])(
    'is none when traceparent is %s',
    (traceparent) => {
      expect(traceContext(traceparent, 'vendor=1')).toBeUndefined()
    },
  )

  it('goes on without a tracestate that is too long', () => {
    expect(traceContext(PARENT, 'x'.repeat(513))?.tracestate).toBeUndefined()
  })
})

describe('what is said of a statement', () => {
  it.each([
    ['select * from "guest" as g where g.note = \'from secret\'', 'select guest'],
    ['insert into "guest" ("first_name") values (\'Ada\')', 'insert guest'],
    ['update "guest" set "first_name" = \'Ada\' where "id" = \'1\'', 'update guest'],
    ['delete from current_and_upcoming c using location l', 'delete current_and_upcoming'],
    ['select begin_write($1, make_interval(secs => $2)) as now', 'select begin_write'],
    ["select 'update secret'", 'select'],
    ['with made as (\n insert into guest (id) select n.id from unnest($1) n returning id) select 1', 'insert guest'],
    ['with changed as (update guest t set note = n.note from unnest($1) n returning t.id) select 1', 'update guest'],
    ['begin', 'begin'],
    ['', 'statement'],
  ])('%s: %s', (text, summary) => {
    expect(summaryOf(text)).toBe(summary)
  })
})
