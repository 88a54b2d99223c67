import type {
  CreateEmployeeRequest,
  EmployeeServiceImplementation,
  ReplaceEmployeeRequest,
  UpdateEmployeeRequest,
} from '@hotel/proto/hotel/rooms/v1/employees'
import { optional, type Parse, valid, validChanges } from '@hotel/runtime/call/valid'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { demandUnchanged } from '@hotel/runtime/errors/refusal'
import { getMethod } from '@hotel/runtime/read/get'
import { type Changing, changeMethods } from '@hotel/runtime/resource/change-methods'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Deps } from '../hotel/hotel-service.ts'
import { liveRule, locationUnlessNamed, ownersAreLive, unknownRule } from '../shared/references.ts'
import { Employee, employeeData, employeeFields, employeeRow } from './employee.ts'
import { listEmployees } from './employee-list.ts'

/** The methods of EmployeeService; the proto's comments say what each promises. */
export function employeeService({ orm, read, writer, page, watch }: Deps): EmployeeServiceImplementation {
  const { hotels } = writer
  const employees = changeMethods(writer, { name: 'employee', collection: '/employees', entity: Employee })
  return {
    async createEmployee(request, call) {
      const location = await locationOf(forkFor(orm, call.signal), request)
      // A hotel that is not known, where the location is, is refused in the write.
      const hotel =
        (await hotels.known('hotel', request.hotel || undefined, call.signal)) ??
        (await hotels.known('location', location, call.signal))
      if (hotel === undefined) {
        const location = unknownRule('location')
        return valid(request, { ...employeeFields(location), location, hotel: optional(unknownRule('hotel')) }).location
      }
      return employees.create(
        call,
        'CreateEmployee',
        request,
        { hotel },
        {
          load: (em) =>
            Promise.all([rulesOf(em, hotel, { location }), liveRule(em, request.hotel, 'hotel', request.hotel)]),
          make(written, [rules, hotelRule]) {
            const { hotel: _, ...fields } = valid(request, { ...rules, hotel: optional(hotelRule) })
            return written.em.create(Employee, {
              lastName: fields.last_name,
              firstName: fields.first_name,
              email: fields.email,
              role: fields.role,
              locationId: fields.location,
              hotelId: hotel,
              ...newResourceFields(written),
            })
          },
        },
      )
    },

    getEmployee: getMethod(read, 'employee', employeeRow),

    listEmployees: (request, call) => listEmployees(read, page('ListEmployees', request), request, call.signal),

    updateEmployee: (request, call) =>
      employees.update(call, 'UpdateEmployee', request, () => changing(request, validChanges)),

    replaceEmployee: (request, call) =>
      employees.update(call, 'ReplaceEmployee', request, () => changing(request, valid)),

    deleteEmployee: (request, call) => employees.remove(call, 'DeleteEmployee', request),

    undeleteEmployee: (request, call) =>
      employees.undelete(call, 'UndeleteEmployee', request, ownersAreLive('employee')),

    watchEmployees: (request, call) => watch(call, request, 'employee'),
  }
}

/** How an update or a replacement changes an employee, whose hotel stays; its location is looked up under the hotel's head. */
function changing(
  request: UpdateEmployeeRequest | ReplaceEmployeeRequest,
  parse: Parse,
): Changing<Employee, ReturnType<typeof employeeFields>> {
  return {
    load: (em, hotel) => rulesOf(em, hotel, request),
    fields(employee, rules) {
      const fields = parse(request, rules, ['hotel'])
      demandUnchanged('hotel', request.hotel, employee.hotelId)
      return employeeData(fields)
    },
  }
}

/** The location of a new employee; of the hotels that can be named, only the default one has one for those who name none. */
async function locationOf(em: EntityManager, { hotel, location }: CreateEmployeeRequest): Promise<string | undefined> {
  if (location !== '') return location
  if (hotel === '') return locationUnlessNamed(em)
  return hotel === DEFAULT_HOTEL ? DEFAULT_LOCATION : undefined
}

/** The rules of a request's fields: its location is looked up under the hotel's head. */
async function rulesOf(em: EntityManager, hotel: string, { location }: { location?: string | undefined }) {
  return employeeFields(await liveRule(em, hotel, 'location', location))
}
