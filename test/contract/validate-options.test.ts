import { readFileSync } from 'node:fs'
import { createFileRegistry, type DescField, type DescMessage, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { file_buf_validate_validate as published } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { describe, expect, test } from '@jest/globals'

const set = readFileSync(new URL('../../proto/gen/api.binpb', import.meta.url))
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set))

describe('the subset of the options of buf.validate', () => {
  const own = [...registry.files].find(({ name }) => name === 'buf/validate/validate')
  const extensions = own?.extensions ?? []

  test('has the names, numbers and types of the published one', () => {
    const shape = (field: DescField) => [
      field.name,
      field.number,
      field.proto.label,
      field.proto.type,
      field.proto.typeName,
    ]
    expect(own?.messages.length).toBeGreaterThan(4)
    for (const message of own?.messages ?? []) {
      const other = published.messages.find(({ name }) => name === message.name) as DescMessage
      for (const field of message.fields) {
        const same = other.fields.find(({ name }) => name === field.name) as DescField
        expect([message.name, ...shape(field), field.oneof?.name]).toEqual([
          message.name,
          ...shape(same),
          same.oneof?.name,
        ])
      }
      for (const { start } of message.proto.extensionRange)
        expect(other.proto.extensionRange.map((range) => range.start)).toContain(start)
    }
    for (const { name, values } of own?.enums ?? []) {
      const other = published.enums.find((one) => one.name === name)
      expect(values.map((value) => [value.name, value.number])).toEqual(
        other?.values.map((value) => [value.name, value.number]),
      )
    }
  })

  test('extends the same options', () => {
    const shape = (all: typeof extensions) =>
      all.map(({ typeName, number, extendee }) => [typeName, number, extendee.typeName])
    expect(extensions.length).toBe(2)
    expect(shape(published.extensions)).toEqual(expect.arrayContaining(shape(extensions)))
  })

  test('has the packages of other languages', () => {
    const { goPackage, javaPackage } = own?.proto.options ?? {}
    expect({ goPackage, javaPackage }).toEqual({
      goPackage: published.proto.options?.goPackage,
      javaPackage: published.proto.options?.javaPackage,
    })
  })
})
