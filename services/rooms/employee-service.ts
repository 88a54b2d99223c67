import type { CreateEmployeeRequest, EmployeeServiceImplementation } from '@hotel/proto/hotel/rooms/v1/employees'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { optional, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn } from '@hotel/runtime/resource/write'
import { Employee, employeeData, employeeFields, employeeRow } from './employee.ts'
import { listEmployees } from './employee-list.ts'
import type { Deps } from './hotel-service.ts'
import { demandLive, liveRule, locationUnlessNamed, ownersOf, unknownRule } from './references.ts'

/** The methods of EmployeeService; the proto's comments say what each promises. */
export function employeeService({
  orm,
  read,
  writer: { write, hotels },
  page,
  watch,
}: Deps): EmployeeServiceImplementation {
  return {
    async createEmployee(request, call) {
      const read = () => forkFor(orm, call.signal)
      const location = await locationOf(read(), request)
      // A hotel that is not known, where the location is, is refused in the write.
      const hotel =
        (await hotels.known('hotel', request.hotel || undefined, call.signal)) ??
        (await hotels.known('location', location, call.signal))
      if (hotel === undefined) {
        const location = unknownRule('location')
        return valid(request, { ...employeeFields(location), location, hotel: optional(unknownRule('hotel')) }).location
      }
      const employee = await write(
        call,
        'CreateEmployee',
        request,
        { hotel },
        {
          load: (em) =>
            Promise.all([rulesOf(em, hotel, { location }), liveRule(em, request.hotel, 'hotel', request.hotel)]),
          apply(written, [rules, hotelRule]) {
            const { hotel: _, ...fields } = valid(request, { ...rules, hotel: optional(hotelRule) })
            const employee = written.em.create(Employee, {
              lastName: fields.last_name,
              firstName: fields.first_name,
              email: fields.email,
              role: fields.role,
              locationId: fields.location,
              hotelId: hotel,
              ...newborn(written),
            })
            employee.demandUnique(written)
            return () => employee.toProto()
          },
        },
      )
      return created(call, '/employees', employee)
    },

    getEmployee: getMethod(read, 'employee', employeeRow),

    listEmployees: (request, call) => listEmployees(read, page('ListEmployees', request), request, call.signal),

    async updateEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'UpdateEmployee', request, scope, {
        load: (em) => Promise.all([findLive(em, scope.hotel, request.id), rulesOf(em, scope.hotel, request)]),
        apply(written, [employee, rules]) {
          matchEtag(call, request, employee.version)
          const fields = validChanges(request, rules, ['hotel'])
          demandUnchanged('hotel', request.hotel, employee.hotelId)
          change<Employee>(employee, employeeData(fields), written)
          employee.demandUnique(written)
          return () => employee.toProto()
        },
      })
      return withEtag(call, employee)
    },

    async replaceEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'ReplaceEmployee', request, scope, {
        load: (em) => Promise.all([findLive(em, scope.hotel, request.id), rulesOf(em, scope.hotel, request)]),
        apply(written, [employee, rules]) {
          matchEtag(call, request, employee.version)
          const fields = valid(request, rules)
          demandUnchanged('hotel', request.hotel, employee.hotelId)
          change<Employee>(employee, employeeData(fields), written)
          employee.demandUnique(written)
          return () => employee.toProto()
        },
      })
      return withEtag(call, employee)
    },

    async deleteEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'DeleteEmployee', request, scope, {
        load: (em) => findLive(em, scope.hotel, request.id),
        apply(written, employee) {
          matchEtag(call, request, employee.version)
          change<Employee>(employee, { deleteTime: written.now }, written)
          return () => employee.toProto()
        },
      })
      return withEtag(call, employee)
    },

    async undeleteEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'UndeleteEmployee', request, scope, {
        load: (em) =>
          Promise.all([find(em, Employee, scope.hotel, request.id), ownersOf(em, 'employee', scope.hotel, request.id)]),
        apply(written, [employee, owners]) {
          matchEtag(call, request, employee.version)
          if (employee.deleteTime === null) throw precondition('ALREADY_LIVE', 'the employee is not deleted')
          demandLive(owners)
          change<Employee>(employee, { deleteTime: null }, written)
          employee.demandUnique(written)
          return () => employee.toProto()
        },
      })
      return withEtag(call, employee)
    },

    watchEmployees: (request, call) => watch(call, request, 'employee'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotels.demand('employee', id, signal) }
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

async function findLive(em: EntityManager, hotel: string, id: string): Promise<Employee> {
  const employee = await find(em, Employee, hotel, id)
  if (employee.deleteTime !== null) throw notFound('employee', id)
  return employee
}
