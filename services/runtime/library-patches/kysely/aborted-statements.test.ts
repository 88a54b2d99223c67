import { expect, test } from '@jest/globals'
import { CompiledQuery, type DatabaseConnection } from 'kysely'
import { quietWhenAborted } from './aborted-statements.ts'

const statement = CompiledQuery.raw('select 1')

async function failing(): Promise<DatabaseConnection> {
  const connection = {
    executeQuery: () => Promise.reject(new Error('canceling statement due to user request')),
    cancelQuery: () => Promise.reject(new TypeError("Cannot read properties of undefined (reading 'queryId')")),
  } as unknown as DatabaseConnection
  await quietWhenAborted(connection)
  return connection
}

test('an aborted statement, and its cancellation, fail for nobody', async () => {
  const connection = await failing()
  const signal = AbortSignal.abort()
  await expect(connection.executeQuery(statement, { signal })).resolves.toEqual({ rows: [] })
  await expect(connection.cancelQuery?.(() => Promise.reject(new Error()))).resolves.toBeUndefined()
})

test('a statement that nobody has aborted fails as it does', async () => {
  const connection = await failing()
  await expect(connection.executeQuery(statement)).rejects.toThrow('canceling')
  await expect(connection.executeQuery(statement, { signal: new AbortController().signal })).rejects.toThrow()
})
