import type { ClientBase } from 'pg'
import { currentCall } from '../call/call.ts'
import { databaseError } from '../errors/database-error.ts'

type Statement = {
  text: string
  name?: string | undefined
  values?: readonly unknown[]
  /** What is submitted as it is, has its answer itself. */
  submit?: unknown
  answer?: Promise<unknown>
}
type Query = (statement: unknown, values?: unknown, callback?: unknown) => unknown

/**
 * Makes each statement that runs on behalf of a recorded call a step of its trace, and lets Postgres see which: the
 * statement ends with `traceparent` as a comment (https://google.github.io/sqlcommenter/spec/), which
 * pg_stat_activity and the server's log show.
 */
export function traceStatements(client: ClientBase): void {
  const query = client.query.bind(client) as Query
  const traced: Query = (statement, values, callback) => {
    const span = currentCall()?.span
    const asked = typeof statement === 'string' ? { text: statement } : (statement as Statement)
    const isSubmitted = asked.submit !== undefined
    // A cursor is not answered by a promise, and a callback by none either.
    const isAwaited = typeof asked.text === 'string' && (!isSubmitted || asked.answer !== undefined)
    if (span === undefined || !isAwaited || callback !== undefined || typeof values === 'function')
      return query(statement, values, callback)
    const step = span.step(summaryOf(asked.text), attributesOf(asked, values ?? asked.values))
    const text = `${asked.text} /*traceparent='${step.context.traceparent}'*/`
    // A prepared statement has one text for all calls: here it is run by itself, and planned anew.
    if (isSubmitted) Object.assign(asked, { text, name: undefined })
    const alone = typeof statement === 'string' ? text : { ...asked, text, name: undefined }
    const answer = query(isSubmitted ? statement : alone, values)
    const ending = (asked.answer ?? answer) as Promise<unknown>
    ending.then(
      () => step.end(),
      (error: unknown) => {
        const code = databaseError(error)?.sqlState ?? (error as Error).name
        step.end({ 'db.response.status_code': code }, code)
      },
    )
    return answer
  }
  client.query = traced as typeof client.query
}

/** What a statement does and to which table or function, as `select guest`: never a value. */
export function summaryOf(text: string): string {
  // The ORM writes values into the text: what follows the first quote is not looked at.
  const [words = ''] = text.split("'", 1)
  // Behind `with`, the first statement in the parentheses says it.
  const [, operation = 'statement'] = /^\s*(?:with\b.*?\(\s*)?([a-z]+)/is.exec(words) ?? []
  const [, table] = /\b(?:from|into|update|join)\s+(?:only\s+)?"?([a-z_][a-z0-9_]*)/i.exec(words) ?? []
  const [, called] = /^\s*select\s+([a-z_][a-z0-9_]*)\s*\(/i.exec(words) ?? []
  return [operation.toLowerCase(), table ?? called].filter((word) => word !== undefined).join(' ')
}

function attributesOf({ text }: Statement, values: unknown): Record<string, string> {
  const summary = summaryOf(text)
  const [operation = '', target] = summary.split(' ')
  return {
    'db.system.name': 'postgresql',
    'db.query.summary': summary,
    'db.operation.name': operation,
    ...(target === undefined ? {} : { 'db.collection.name': target }),
    // With parameters the text is the program's own and holds no value.
    ...(Array.isArray(values) && values.length > 0 ? { 'db.query.text': text.replaceAll(/\s+/g, ' ') } : {}),
  }
}
