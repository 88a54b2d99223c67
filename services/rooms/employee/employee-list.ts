import { type ListEmployeesRequest, ListEmployeesResponse } from '@hotel/proto/hotel/rooms/v1/employees'
import { hotelFilter } from '@hotel/runtime/access/hotels'
import { idFilter, valid } from '@hotel/runtime/call/valid'
import type { Read } from '@hotel/runtime/database/read'
import { BY_LAST_NAME, keysetLister } from '@hotel/runtime/read/keyset-list'
import { conditions } from '@hotel/runtime/read/list'
import type { Page } from '@hotel/runtime/read/page'
import { EMPLOYEE_SIZE, employeeRow, roleFilter } from './employee.ts'

const employees = keysetLister({
  answer: ListEmployeesResponse,
  field: 'employees',
  row: employeeRow,
  size: EMPLOYEE_SIZE,
  rows: 'select * from employee',
  ...BY_LAST_NAME,
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
  where.ofHotels('hotel_id', hotel)
  where.equal('location_id', location)
  where.equal('role', role)
  if (!request.show_deleted) where.add(() => 'delete_time is null')
  return employees.matching(read, page, where, signal)
}
