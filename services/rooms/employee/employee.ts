import { Employee as EmployeeMessage, Employee_Role as RoleCode } from '@hotel/proto/hotel/rooms/v1/employees'
import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { alreadyExists, type Refusal } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { etagOf } from '@hotel/runtime/read/etag'
import { sizeOfTexts } from '@hotel/runtime/read/page-bytes'
import { choice, etag, moment, plain, rowMessage, text } from '@hotel/runtime/read/row-message'
import { email, optionalName, requiredName } from '@hotel/runtime/resource/text-rules'
import type { Write } from '@hotel/runtime/resource/write'
import { defineEntity, p } from '@mikro-orm/postgresql'

/** Holds an e-mail address once among the live employees of a hotel, in any case. */
export const EMPLOYEE_EMAIL_LIVE_KEY = 'employee_email_live_key'

/** The roles of employees. */
export type Role = 'FRONT_DESK' | 'HOUSEKEEPING' | 'MANAGER'

const ROLES: readonly Role[] = ['FRONT_DESK', 'HOUSEKEEPING', 'MANAGER']

const schema = defineEntity({
  name: 'Employee',
  tableName: 'employee',
  properties: {
    hotelId: p.uuid().primary(),
    id: p.uuid().primary(),
    locationId: p.uuid(),
    firstName: p.string(),
    lastName: p.string().nullable(),
    email: p.string(),
    role: p.string().$type<Role>(),
    version: p.integer().version(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
    deleteTime: p.datetime().nullable(),
    updatedBy: p.string(),
  },
})

/** A person who works at a location of a hotel. */
export class Employee extends schema.class {
  /** Has the write that makes it so throw EMAIL_TAKEN. */
  demandUnique({ breaks }: Write): void {
    const { email, hotelId: hotel } = this
    breaks(EMPLOYEE_EMAIL_LIVE_KEY, () => emailTaken(email, hotel))
  }

  /** As callers see it. */
  toProto(): EmployeeMessage {
    return EmployeeMessage.fromPartial({
      id: this.id,
      hotel: this.hotelId,
      location: this.locationId,
      first_name: this.firstName,
      last_name: this.lastName ?? undefined,
      email: this.email,
      role: RoleCode[this.role],
      create_time: this.createTime,
      update_time: this.updateTime,
      delete_time: this.deleteTime ?? undefined,
      etag: etagOf(this.version),
    })
  }
}
schema.setClass(Employee)

/** The same, encoded, of a row as it is read. */
export const employeeRow = rowMessage(EmployeeMessage, {
  id: plain('id'),
  hotel: plain('hotel_id'),
  location: plain('location_id'),
  first_name: text('first_name'),
  last_name: text('last_name'),
  email: text('email'),
  role: choice('role', RoleCode),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
})

/** The size of an employee: the bytes of its texts. */
export const EMPLOYEE_SIZE = sizeOfTexts('first_name', 'last_name', 'email')

/** ALREADY_EXISTS of an employee's e-mail address in the hotel. */
export function emailTaken(email: string, hotel: string): Refusal {
  return alreadyExists('EMAIL_TAKEN', `an employee of the hotel ${hotel} has this e-mail address`, { email, hotel })
}

/** A role, or null where none is given. */
export const roleFilter: Rule<Role | null> = (value) => {
  if (value === undefined || value === RoleCode.UNSPECIFIED) return null
  const name = ROLES.find((known) => RoleCode[known] === value)
  if (name === undefined) throw new Invalid(`is not a role: give one of ${ROLES.join(', ')}`)
  return name
}

const role: Rule<Role> = (value) => {
  const given = roleFilter(value)
  if (given === null) throw new Invalid(`is required: give one of ${ROLES.join(', ')}`)
  return given
}

const address = email(constraintOf('hotel.rooms.v1.Employee.email'))

const requiredEmail: Rule<string> = (value) => {
  if (value === undefined || value === '') throw new Invalid('is required')
  return address(value)
}

/** The rules of the fields that callers give, with that of the location, which the database knows. */
export const employeeFields = (location: Rule<string>) => ({
  location,
  first_name: requiredName(constraintOf('hotel.rooms.v1.Employee.first_name')),
  last_name: optionalName(constraintOf('hotel.rooms.v1.Employee.last_name')),
  email: requiredEmail,
  role,
})

type Fields = { location: string; first_name: string; last_name: string | null; email: string; role: Role }

/** The fields of a request, parsed, under the entity's names. */
export function employeeData({ location, first_name, last_name, email, role }: Partial<Fields>) {
  return {
    ...(location !== undefined && { locationId: location }),
    ...(first_name !== undefined && { firstName: first_name }),
    ...(last_name !== undefined && { lastName: last_name }),
    ...(email !== undefined && { email }),
    ...(role !== undefined && { role }),
  }
}
