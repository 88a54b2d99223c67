import { expect, test } from '@jest/globals'
import { consoleSettings } from './console-settings.ts'

const issuer = 'https://id.hotel.example/realms/hotel'

test('a provider is a URL and a client id, and its scopes are asked for with openid', () => {
  expect(consoleSettings({}).oidc).toBeUndefined()
  expect(consoleSettings({ CONSOLE_OIDC_ISSUER: '', CONSOLE_OIDC_CLIENT_ID: '' }).oidc).toBeUndefined()
  const given = { CONSOLE_OIDC_ISSUER: issuer, CONSOLE_OIDC_CLIENT_ID: 'console' }
  expect(consoleSettings(given).oidc).toEqual({ issuer, clientId: 'console', scopes: undefined })
  const scopes = consoleSettings({ ...given, CONSOLE_OIDC_SCOPES: 'guests.read, rooms.read' }).oidc?.scopes
  expect(scopes).toEqual(['openid', 'guests.read', 'rooms.read'])
})

test.each([
  [{ CONSOLE_OIDC_CLIENT_ID: 'console' }, 'CONSOLE_OIDC_ISSUER is not set'],
  [{ CONSOLE_OIDC_SCOPES: 'openid' }, 'CONSOLE_OIDC_ISSUER is not set'],
  [{ CONSOLE_OIDC_ISSUER: issuer }, 'CONSOLE_OIDC_CLIENT_ID is not set'],
  ...[
    'id.hotel.example',
    'http://id.hotel.example',
    `${issuer}?x=1`,
    `${issuer}#x`,
    `https://a:b@x.example`,
    `https://x.example/;'`,
  ].map(
    (text) => [{ CONSOLE_OIDC_ISSUER: text, CONSOLE_OIDC_CLIENT_ID: 'console' }, 'CONSOLE_OIDC_ISSUER is'] as const,
  ),
  [{ CONSOLE_OIDC_ISSUER: issuer, CONSOLE_OIDC_CLIENT_ID: 'a b' }, 'CONSOLE_OIDC_CLIENT_ID is'],
  [
    { CONSOLE_OIDC_ISSUER: issuer, CONSOLE_OIDC_CLIENT_ID: 'a', CONSOLE_OIDC_SCOPES: 'a "b' },
    'CONSOLE_OIDC_SCOPES has',
  ],
] as const)('%j is refused, naming the variable', (env, words) => {
  expect(() => consoleSettings(env)).toThrow(words)
})
