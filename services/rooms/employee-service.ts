import type { CreateEmployeeRequest, EmployeeServiceImplementation } from '@hotel/proto/hotel/rooms/v1/employees'
import { hotelOf, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { optional, valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Write } from '@hotel/runtime/resource/write'
import { Employee, employeeData, employeeFields, employeeRow } from './employee.ts'
import { listEmployees } from './employee-list.ts'
import type { Deps } from './hotel-service.ts'
import { demandLive, liveRule, locationUnlessNamed, unknownRule } from './references.ts'

/** The methods of EmployeeService; the proto's comments say what each promises. */
export function employeeService({ orm, read, writer: { write }, page, watch }: Deps): EmployeeServiceImplementation {
  return {
    async createEmployee(request, call) {
      const em = forkFor(orm, call.signal)
      const location = await locationOf(em, request)
      // A hotel that is not known, where the location is, is refused in the write.
      const hotel = (await knownHotelOf(em, 'hotel', request.hotel)) ?? (await knownHotelOf(em, 'location', location))
      if (hotel === undefined) {
        const location = unknownRule('location')
        return valid(request, { ...employeeFields(location), location, hotel: optional(unknownRule('hotel')) }).location
      }
      const employee = await write(call, 'CreateEmployee', request, { hotel }, async (written) => {
        const { hotel: _, ...fields } = valid(request, {
          ...(await rules(written, hotel, { location })),
          hotel: optional(await liveRule(written.em, request.hotel, 'hotel', request.hotel)),
        })
        const employee = written.em.create(Employee, {
          lastName: fields.last_name,
          firstName: fields.first_name,
          email: fields.email,
          role: fields.role,
          locationId: fields.location,
          hotelId: hotel,
          ...newborn(written),
        })
        await employee.save(written.em)
        return () => employee.toProto()
      })
      return created(call, '/employees', employee)
    },

    getEmployee: getMethod(read, 'employee', employeeRow),

    listEmployees: (request, call) => listEmployees(forkFor(orm, call.signal), page('ListEmployees', request), request),

    async updateEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'UpdateEmployee', request, scope, async (written) => {
        const employee = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, employee.version)
        const fields = validChanges(request, await rules(written, scope.hotel, request), ['hotel'])
        demandUnchanged('hotel', request.hotel, employee.hotelId)
        change<Employee>(employee, employeeData(fields), written)
        await employee.save(written.em)
        return () => employee.toProto()
      })
      return withEtag(call, employee)
    },

    async replaceEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'ReplaceEmployee', request, scope, async (written) => {
        const employee = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, employee.version)
        const fields = valid(request, await rules(written, scope.hotel, request))
        demandUnchanged('hotel', request.hotel, employee.hotelId)
        change<Employee>(employee, employeeData(fields), written)
        await employee.save(written.em)
        return () => employee.toProto()
      })
      return withEtag(call, employee)
    },

    async deleteEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'DeleteEmployee', request, scope, async (written) => {
        const employee = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, employee.version)
        change<Employee>(employee, { deleteTime: written.now }, written)
        return () => employee.toProto()
      })
      return withEtag(call, employee)
    },

    async undeleteEmployee(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const employee = await write(call, 'UndeleteEmployee', request, scope, async (written) => {
        const employee = await find(written.em, scope.hotel, request.id)
        matchEtag(call, request, employee.version)
        if (employee.deleteTime === null) throw precondition('ALREADY_LIVE', 'the employee is not deleted')
        await demandLive(written.em, scope.hotel, 'location', employee.locationId)
        change<Employee>(employee, { deleteTime: null }, written)
        await employee.save(written.em)
        return () => employee.toProto()
      })
      return withEtag(call, employee)
    },

    watchEmployees: (request, call) => watch(call, request, 'employee'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotelOf(forkFor(orm, signal), 'employee', id) }
  }
}

/** The location of a new employee; of the hotels that can be named, only the default one has one for those who name none. */
async function locationOf(em: EntityManager, { hotel, location }: CreateEmployeeRequest): Promise<string | undefined> {
  if (location !== '') return location
  if (hotel === '') return locationUnlessNamed(em)
  return hotel === DEFAULT_HOTEL ? DEFAULT_LOCATION : undefined
}

/** The rules of a request's fields: its location is looked up under the hotel's head. */
async function rules({ em }: Write, hotel: string, { location }: { location?: string | undefined }) {
  return employeeFields(await liveRule(em, hotel, 'location', location))
}

function find(em: EntityManager, hotelId: string, id: string): Promise<Employee> {
  return em.findOneOrFail(Employee, { hotelId, id })
}

async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<Employee> {
  const employee = await find(em, hotelId, id)
  if (employee.deleteTime !== null) throw notFound('employee', id)
  return employee
}
