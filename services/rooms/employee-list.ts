import type { ListEmployeesRequest, ListEmployeesResponse } from '@hotel/proto/hotel/rooms/v1/employees'
import { hotelFilter, isOfHotels } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import type { Page } from '@hotel/runtime/resource/page'
import { bounded, type PageRow } from '@hotel/runtime/resource/page-bytes'
import { idFilter, valid } from '@hotel/runtime/resource/valid'
import { EMPLOYEE_BYTES, Employee, roleFilter } from './employee.ts'

/** A page of employees by last name (absent last), first name, id: keyset over the index of the same order. */
export async function listEmployees(
  em: EntityManager,
  page: Page,
  request: ListEmployeesRequest,
): Promise<ListEmployeesResponse> {
  const filter = valid(request, { hotel: hotelFilter, location: idFilter, role: roleFilter })
  const fetched = await query<PageRow>(
    em,
    bounded(
      `select * from employee
     where ${isOfHotels('hotel_id', '$1', filter.hotel)}
       and ($2::uuid is null or location_id = $2)
       and ($3::text is null or role = $3)
       and ($4 or delete_time is null)
       ${page.after === undefined ? '' : `and (${ORDER}) > ($6::boolean, $7::text, $8::text, $9::uuid)`}
     order by ${ORDER}
     limit $5`,
      EMPLOYEE_BYTES,
    ),
    [filter.hotel, filter.location, filter.role, request.show_deleted, page.limit, ...(page.after ?? [])],
  )
  const { rows, next_page_token } = page.cut(fetched, ({ last_name, first_name, id }) => [
    last_name === null,
    last_name ?? '',
    first_name,
    id,
  ])
  return { employees: rows.map((row) => em.map(Employee, row).toProto()), next_page_token }
}

const ORDER = `last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id`
