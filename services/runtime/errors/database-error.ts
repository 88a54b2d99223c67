/** SQLSTATE and constraint of a database error, also of one that a worker of a distributed engine has passed on. */
export function databaseError(
  error: unknown,
): { sqlState: string; constraint: string; message: string; detail: string } | undefined {
  const { code, constraint, message, detail } = error as {
    code?: unknown
    constraint?: string
    message?: string
    detail?: string
  }
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return undefined
  const named = constraint ?? /constraint "([^"]+)"/.exec(message ?? '')?.[1] ?? ''
  return { sqlState: code, constraint: named.replace(/_\d+$/, ''), message: message ?? '', detail: detail ?? '' }
}
