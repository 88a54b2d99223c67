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
    ['db.example.com', '?sslmode=prefer', /may connect without encryption/],
    ['localhost', '?sslmode=no-verify', /may connect without encryption/],
    ['localhost', '?host=db.example.com', /name the host before the path/],
    ['db.example.com', '?ssl=0', /use `sslmode`/],
    [
      'db.example.com',
      '?sslrootcert=/nowhere/ca.pem',
      /\/nowhere\/ca.pem by sslrootcert that cannot be read \(ENOENT\)/,
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

  test('with several hosts says that it means the one that takes writes, and each counts as it is', () => {
    const several = (hosts: string, query = '?target_session_attrs=read-write') =>
      `postgresql://user:s3cret@${hosts}/db${query}`
    const url = encryptedUrl(several('127.0.0.1:1,localhost:2'), false)
    expect(new URL(url).searchParams.get('sslmode')).toBe('disable')
    // What a service is given is read again.
    expect(encryptedUrl(url, false)).toBe(url)
    const { connectionString, hosts, stream } = connectionOf(url)
    expect([connectionString, hosts?.count]).toEqual(['postgresql://user:s3cret@127.0.0.1:1/db', 2])
    expect(stream).toBeDefined()
    expect(connectionOf(encryptedUrl(at('127.0.0.1'), false)).stream).toBeUndefined()
    const remote = encryptedUrl(several('127.0.0.1,db.example.com'), false)
    expect(new URL(remote).searchParams.get('sslmode')).toBe('verify-full')
    for (const wrong of [several('one,two', ''), several('one,two', '?target_session_attrs=standby'), several('one')])
      expect(() => encryptedUrl(wrong, true)).toThrow(/target_session_attrs=read-write/)
  })

  test('with one host may have a comma in the password', () => {
    const url = 'postgresql://user:12,3@localhost:5433/db'
    expect(connectionOf(encryptedUrl(url, false)).connectionString).toBe(url)
  })

  test('with several hosts takes the certificate of each, also of one that is an address', () => {
    const hosts = 'db.example.com,[2001:db8::1]:5433'
    const { ssl } = connectionOf(encryptedUrl(`postgresql://user@${hosts}/db?target_session_attrs=read-write`, false))
    const check = (subjectaltname: string) =>
      ssl !== false && ssl.checkServerIdentity?.('', { subjectaltname } as never)
    expect(check('IP Address:2001:DB8:0:0:0:0:0:1')).toBeUndefined()
    expect(check('DNS:db.example.com')).toBeUndefined()
    expect(check('DNS:other.example.com')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test('that is none is told without its words', () => {
    for (const url of ['postgresql//user:s3cret@host', 'mysql://user:s3cret@host/db', 's3cret']) {
      expect(() => readDatabaseUrl({ DATABASE_URL: url })).toThrow(/^DATABASE_URL is not a postgresql:\/\/ URL/)
      expect(() => readDatabaseUrl({ DATABASE_URL: url })).not.toThrow(/s3cret/)
    }
  })

  test('has the address of the server checked as such', () => {
    expect(connectionOf(at('10.0.0.5', '?sslmode=verify-full')).ssl).toMatchObject({ host: '10.0.0.5' })
    expect(connectionOf(at('db.example.com', '?sslmode=verify-full')).ssl).not.toHaveProperty('host')
  })
})
