import { type ListEmployeesRequest, ListEmployeesResponse } from '@hotel/proto/hotel/rooms/v1/employees'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import type { Read } from '@hotel/runtime/database/read'
import { conditions, lister } from '@hotel/runtime/resource/list'
import type { Page } from '@hotel/runtime/resource/page'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { EMPLOYEE_SIZE, employeeRow, roleFilter } from './employee.ts'

const employees = lister({
  answer: ListEmployeesResponse,
  field: 'employees',
  row: employeeRow,
  size: EMPLOYEE_SIZE,
  keysOf: (column) => [column('last_name') === null, column('last_name') ?? '', column('first_name'), column('id')],
})

/** A page of employees by last name (absent last), first name, id: keyset over the index of the same order. */
export function listEmployees(
  read: Read,
  page: Page,
  request: ListEmployeesRequest,
  signal: AbortSignal,
): Promise<ListEmployeesResponse> {
  const { hotel, location, role } = valid(request, { hotel: hotelFilter, location: idFilter, role: roleFilter })
  const where = conditions(page.limit)
  if (hotel !== null) where.add((ids) => isOfHotels('hotel_id', ids, hotel), hotel)
  if (location !== null) where.add((id) => `location_id = ${id}`, location)
  if (role !== null) where.add((name) => `role = ${name}`, role)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  if (page.after !== undefined)
    where.add(
      (none, last, first, id) => `(${ORDER}) > (${none}::boolean, ${last}, ${first}, ${id}::uuid)`,
      ...page.after,
    )
  const statement = employees.statement(`(select * from employee ${where.text()} order by ${ORDER} limit $1) found`)
  return employees.answer(read, page, { statement, parameters: where.parameters }, signal)
}

const ORDER = `last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id`
