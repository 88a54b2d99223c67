import { describe, expect, test } from '@jest/globals'
import { stepsOf } from '../../console/src/desk/steps.ts'

const dateAt = (moment: string) => moment.slice(0, 10)
const stay = { in_date: '2031-03-04', out_date: '2031-03-06' }
const at = (today: string) => ({ today, dateAt })
const steps = (reservation: Partial<Parameters<typeof stepsOf>[0]>, today: string, now = 0) =>
  [...stepsOf({ ...stay, status: 'PENDING', ...reservation }, at(today), now)].sort()

describe('the steps that the desk offers for a reservation by the date of its location', () => {
  test.each([
    ['2031-03-03', ['cancel']],
    ['2031-03-04', ['cancel', 'checkIn']],
    ['2031-03-07', ['cancel', 'checkIn']],
    ['2031-03-08', ['cancel']],
  ])('one that is expected, on %s', (today, offered) => expect(steps({}, today)).toEqual(offered))

  test('a hold is confirmed before its time, and nothing is done with it afterwards', () => {
    const hold_until = '2031-03-01T12:00:00Z'
    expect(steps({ hold_until }, '2031-03-01', Date.parse(hold_until) - 1)).toEqual(['cancel', 'confirm'])
    expect(steps({ hold_until }, '2031-03-01', Date.parse(hold_until))).toEqual([])
  })

  test('a check-in is taken back on its day only, a check-out on its day and while the stay may begin', () => {
    const checkin_datetime = '2031-03-04T15:00:00Z'
    expect(steps({ status: 'CHECKED_IN', checkin_datetime }, '2031-03-04')).toEqual(['checkOut', 'undoCheckIn'])
    expect(steps({ status: 'CHECKED_IN', checkin_datetime }, '2031-03-05')).toEqual(['checkOut'])
    const left = { status: 'CHECKED_OUT', checkin_datetime } as const
    expect(steps({ ...left, checkout_datetime: '2031-03-06T09:00:00Z' }, '2031-03-06')).toEqual(['undoCheckOut'])
    expect(steps({ ...left, checkout_datetime: '2031-03-06T09:00:00Z' }, '2031-03-07')).toEqual([])
    expect(steps({ ...left, checkout_datetime: '2031-03-09T09:00:00Z' }, '2031-03-09')).toEqual([])
  })

  test('nothing is done with one that is deleted', () =>
    expect(steps({ delete_time: '2031-03-03T09:00:00Z' }, '2031-03-04')).toEqual([]))
})
