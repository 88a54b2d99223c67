import { Validator } from '@cfworker/json-schema'
import { type ApiDocument, bodySchema, type Operation, requiredOf } from '../api/document.ts'
import { messages } from '../messages/index.ts'

/**
 * What is wrong with a body by its schema, by field. The validator interprets the schema: one that compiles it to a function
 * would need `unsafe-eval`, which the Content-Security-Policy refuses. The server has the last word.
 */
export function problemsOf(
  document: ApiDocument,
  operation: Operation,
  body: object,
  isUpdate: boolean,
): Readonly<Record<string, string>> {
  const missing = isUpdate ? [] : requiredOf(document, operation).filter((name) => !(name in body))
  const problems = Object.fromEntries(missing.map((name) => [name, messages.form.required]))
  const schema = bodySchema(operation)
  if (schema === undefined) return problems
  const { errors } = validatorOf(document, schema.$ref ?? '').validate(body)
  const fieldOf = (location: string) => location.split('/')[1] ?? ''
  // The server says in words how a text has to look.
  const unlike = new Set(
    errors.filter(({ keyword }) => keyword === 'pattern').map((error) => fieldOf(error.instanceLocation)),
  )
  for (const { instanceLocation } of errors) {
    const field = fieldOf(instanceLocation)
    if (field !== '' && !unlike.has(field)) problems[field] ??= messages.form.invalid
  }
  return problems
}

const validators = new Map<string, Validator>()

function validatorOf(document: ApiDocument, $ref: string): Validator {
  const known = validators.get($ref)
  if (known !== undefined) return known
  const rooted = {
    $ref: $ref.replace('#/components/schemas/', '#/$defs/'),
    $defs: inDefinitions(document.components.schemas),
  }
  const made = new Validator(rooted as never, '2020-12', false)
  validators.set($ref, made)
  return made
}

/** The schemas with their references going where a schema of its own has them. */
function inDefinitions(schemas: object): object {
  return JSON.parse(JSON.stringify(schemas).replaceAll('#/components/schemas/', '#/$defs/')) as object
}
