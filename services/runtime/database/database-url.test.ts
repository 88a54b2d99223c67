import { describe, expect, test } from '@jest/globals'
import { connectionOf, encryptedUrl, readDatabaseUrl } from './database-url.ts'

const at = (host: string, query = '') => `postgresql://user:s3cret@${host}:5432/db${query}`

describe('the URL of a database', () => {
  test.each([
    ['localhost', '', 'disable'],
    ['127.0.0.1', '', 'disable'],
    ['[::1]', '', 'disable'],
    ['%2Fvar%2Frun', '', 'disable'],
    ['127.0.0.1', '?sslmode=verify-full', 'verify-full'],
    ['db.example.com', '', 'verify-full'],
    ['10.0.0.5', '', 'verify-full'],
    ['postgres', '?sslmode=require', 'require'],
    // No name of another machine passes for this one.
    ['127.0.0.1.example.com', '', 'verify-full'],
    ['localhost.example.com', '', 'verify-full'],
  ])('%s with "%s" is reached by %s', (host, query, mode) => {
    const url = encryptedUrl(at(host, query), false)
    expect(new URL(url).searchParams.get('sslmode')).toBe(mode)
    const { connectionString, ssl } = connectionOf(url)
    expect(connectionString).not.toContain('ssl')
    expect(ssl !== false && ssl.rejectUnauthorized).toBe(mode !== 'disable')
  })

  test.each([
    ['db.example.com', '?sslmode=disable', /another machine.*DATABASE_ALLOW_PLAINTEXT/],
    ['db.example.com', '?sslmode=prefer', /may do without encryption/],
    ['localhost', '?sslmode=no-verify', /may do without encryption/],
    ['localhost', '?host=db.example.com', /name the host before the path/],
    ['db.example.com', '?ssl=0', /say `sslmode`/],
    [
      'db.example.com',
      '?sslrootcert=/nowhere/ca.pem',
      /\/nowhere\/ca.pem by sslrootcert that can not be read \(ENOENT\)/,
    ],
  ])('%s with "%s" is refused, and told without the password', (host, query, message) => {
    const read = () => encryptedUrl(at(host, query), false)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/s3cret/)
  })

  test('of another machine does without encryption only where that is allowed', () => {
    expect(new URL(encryptedUrl(at('postgres'), true)).searchParams.get('sslmode')).toBe('disable')
    expect(new URL(encryptedUrl(at('postgres', '?sslmode=verify-full'), true)).searchParams.get('sslmode')).toBe(
      'verify-full',
    )
    const env = { DATABASE_URL: at('postgres'), DATABASE_ALLOW_PLAINTEXT: 'true' }
    expect(readDatabaseUrl(env)).toContain('sslmode=disable')
    expect(() => readDatabaseUrl({ ...env, DATABASE_ALLOW_PLAINTEXT: 'yes' })).toThrow(
      'DATABASE_ALLOW_PLAINTEXT is neither `true` nor `false`',
    )
  })

  test('that is none is told without its words', () => {
    for (const url of ['postgresql//user:s3cret@host', 'mysql://user:s3cret@host/db', 's3cret']) {
      expect(() => readDatabaseUrl({ DATABASE_URL: url })).toThrow(/^DATABASE_URL is no postgresql:\/\/ URL/)
      expect(() => readDatabaseUrl({ DATABASE_URL: url })).not.toThrow(/s3cret/)
    }
  })

  test('has the address of the server checked as such', () => {
    expect(connectionOf(at('10.0.0.5', '?sslmode=verify-full')).ssl).toMatchObject({ host: '10.0.0.5' })
    expect(connectionOf(at('db.example.com', '?sslmode=verify-full')).ssl).not.toHaveProperty('host')
  })
})
