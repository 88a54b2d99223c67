import {
  FIELD,
  FILE,
  type Fields,
  fieldsOf,
  integer,
  METHOD,
  messages,
  SERVICE,
  SET,
  text,
} from '../protos/descriptor-set.ts'

/** A method, by its path as `/hotel.guests.v1.GuestService/GetGuest`, and what it says under an option, if it does. */
export type MethodOption = { readonly path: string; readonly value: string | number | undefined }

/**
 * An option of all methods of the suite, which is an extension as `hotel.auth.v1.scope`, read from a descriptor set. Throws when
 * the set has no such option.
 */
export function methodOptions(descriptorSet: Uint8Array, extension: string): MethodOption[] {
  const files = messages(fieldsOf(descriptorSet), SET.file)
  const number = numberOf(files, extension)
  return files.flatMap((file) =>
    messages(file, FILE.service).flatMap((service) => {
      const name = `${text(file, FILE.package)}.${text(service, SERVICE.name)}`
      if (!name.startsWith('hotel.')) return []
      return messages(service, SERVICE.method).map((method) => ({
        path: `/${name}/${text(method, METHOD.name)}`,
        value: optionOf(messages(method, METHOD.options), number),
      }))
    }),
  )
}

function numberOf(files: readonly Fields[], extension: string): number {
  const [, packageName, name] = /^(.*)\.(\w+)$/.exec(extension) ?? []
  const found = files
    .filter((file) => text(file, FILE.package) === packageName)
    .flatMap((file) => messages(file, FILE.extension))
    .find((each) => text(each, FIELD.name) === name)
  const number = found && integer(found, FIELD.number)
  if (number === undefined) throw new Error(`the descriptor set has no option ${extension}`)
  return number
}

/** The last value counts, as protobuf has it. */
function optionOf(options: readonly Fields[], number: number): string | number | undefined {
  const said = options.filter((each) => each.has(number)).at(-1)
  return said && (integer(said, number) ?? text(said, number))
}
