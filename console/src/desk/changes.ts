import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import { type Call, call } from '../api/call.ts'
import { type Alternative, Refusal, sentenceOf } from '../api/refusal.ts'
import { updateBody, type Values, valuesOf } from '../forms/body.ts'
import { RefusalNotice } from '../forms/refusal-notice.tsx'
import { messages } from '../messages/index.ts'
import type { HouseStore } from './house-store.ts'
import type { Reservation } from './stay.ts'
import { type Calendar, stepsOf } from './steps.ts'
import { UndoNotice } from './undo-notice.tsx'

const words = messages.deskPage
/** There is one refusal at a time: what is done next takes its place. */
const REFUSED = 'refused'

/** What is done at the desk to a reservation; each by one call of the API, and most with a way back. */
export type Desk = ReturnType<typeof deskOf>

type Options = { readonly store: HouseStore; readonly calendar: Calendar; readonly changed: () => void }

/** The work of the desk on the reservations of a house. Each gives whether it was done; a refusal is shown with its reason. */
export function deskOf({ store, calendar, changed }: Options) {
  const { today } = calendar
  const run = async (
    request: Call,
    sentence: string,
    undo?: (after: Reservation) => Promise<unknown>,
    retry?: (alternative: Alternative) => void,
  ) => {
    notifications.hide(REFUSED)
    try {
      const after = await call<Reservation>(request)
      store.put(after)
      changed()
      say(sentence, undo === undefined ? undefined : () => undo(after))
      return true
    } catch (error) {
      refuse(error, retry)
      // Somebody else was faster: what is on the page follows, so that the next attempt is about it.
      if (error instanceof Refusal && error.reason === 'ETAG_MISMATCH') await reread(request.path)
      return false
    }
  }
  const reread = async (path: string) => {
    const now = await call<Reservation>({ method: 'GET', path }).catch(() => undefined)
    if (now !== undefined) store.put(now)
  }
  const post = (id: string, method: string, sentence: string) =>
    run({ method: 'POST', path: `/reservations/${id}:${method}`, body: {} }, sentence)
  const patch = (
    id: string,
    body: object,
    sentence: string,
    etag?: string,
    undo?: (after: Reservation) => Promise<unknown>,
    retry?: (alternative: Alternative) => void,
  ) => run({ method: 'PATCH', path: `/reservations/${id}`, body, etag }, sentence, undo, retry)
  const desk = {
    /** What may come next for a reservation. */
    steps: (reservation: Parameters<typeof stepsOf>[0]) => stepsOf(reservation, calendar),
    checkIn: (id: string) =>
      patch(id, { status: 'CHECKED_IN' }, words.checkedIn, undefined, () => desk.undoCheckIn(id)),
    /** A guest who leaves before the last day gives the nights free in the same transaction. */
    checkOut: (id: string, out_date: string) =>
      patch(
        id,
        today < out_date ? { status: 'CHECKED_OUT', out_date: today } : { status: 'CHECKED_OUT' },
        words.checkedOut,
        undefined,
        () => desk.undoCheckOut(id),
      ),
    undoCheckIn: (id: string) => post(id, 'undoCheckIn', words.undone),
    undoCheckOut: (id: string) => post(id, 'undoCheckOut', words.undone),
    confirm: (id: string) => post(id, 'confirm', messages.page.done),
    restore: (id: string) => post(id, 'undelete', words.restored),
    cancel: (id: string, body: object) =>
      run({ method: 'POST', path: `/reservations/${id}:cancel`, body }, words.cancelled, () => desk.restore(id)),
    /**
     * Other rooms, dates or a note; an empty one is cleared. The server decides; what it refuses stays as it was. `done` is
     * called when the change is made, also by what is offered instead.
     */
    change: async (before: Reservation, values: Values, sentence: string, done?: () => void): Promise<boolean> => {
      const names = Object.keys(values)
      const ok = await patch(
        before.id,
        updateBody(valuesOf(before, names), values),
        sentence,
        before.etag,
        (after) => desk.change(after, valuesOf(before, names), words.undone),
        ({ rooms, in_date, out_date }) =>
          void desk.change(before, { ...values, rooms, in_date, out_date }, words.moved, done),
      )
      if (ok) done?.()
      return ok
    },
  }
  return desk
}

/** Says what was done, with a button that takes it back. */
export function say(sentence: string, undo?: () => Promise<unknown>): void {
  const id = crypto.randomUUID()
  const message = createElement(UndoNotice, { sentence, undo, close: () => notifications.hide(id) })
  notifications.show({
    id,
    message,
    autoClose: undo === undefined ? 4_000 : 15_000,
    closeButtonProps: { 'aria-label': messages.close },
  })
}

/** Says why something was refused, and offers what would succeed. */
function refuse(error: unknown, retry?: (alternative: Alternative) => void): void {
  const id = REFUSED
  const onAlternative =
    retry === undefined ? undefined : (alternative: Alternative) => [notifications.hide(id), retry(alternative)]
  const message = error instanceof Refusal ? createElement(RefusalNotice, { error, onAlternative }) : sentenceOf(error)
  notifications.show({
    id,
    message,
    color: 'red',
    autoClose: 30_000,
    closeButtonProps: { 'aria-label': messages.close },
  })
}
