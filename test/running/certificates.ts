import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate with its key, both as PEM. */
export type Certificate = { readonly cert: string; readonly key: string }

/** Makes authorities and certificates of servers by them: X.509 (RFC 5280) by hand, as Node makes none. */
export function newAuthority(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isAuthority = extension('2.5.29.19', seq(tlv(0x01, Buffer.from([0xff]))))
  return {
    /** What is trusted. */
    ca: certificate({ issuer: name, subject: name, publicKey, extension: isAuthority, by: privateKey }),
    /** A certificate of a server with these names and addresses of IPv4. */
    serve(...names: string[]): Certificate {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const alternatives = names.map((each) =>
        /^[\d.]+$/.test(each) ? tlv(0x87, Buffer.from(each.split('.').map(Number))) : tlv(0x82, Buffer.from(each)),
      )
      return {
        cert: certificate({
          issuer: name,
          subject: names[0] ?? '',
          publicKey: own.publicKey,
          extension: extension('2.5.29.17', seq(...alternatives)),
          by: privateKey,
        }),
        key: pem('PRIVATE KEY', own.privateKey.export({ type: 'pkcs8', format: 'der' })),
      }
    },
  }
}

type Contents = {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extension: Buffer
  readonly by: KeyObject
}

const DAY_MS = 86_400_000
const SIGNED_BY_ECDSA = seq(oid('1.2.840.10045.4.3.2'))

function certificate({ issuer, subject, publicKey, extension, by }: Contents): string {
  const body = seq(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    SIGNED_BY_ECDSA,
    nameOf(issuer),
    seq(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, seq(extension)),
  )
  const signature = sign('sha256', body, createPrivateKey(by.export({ type: 'pkcs8', format: 'pem' })))
  return pem('CERTIFICATE', seq(body, SIGNED_BY_ECDSA, tlv(0x03, Buffer.concat([Buffer.from([0]), signature]))))
}

function nameOf(name: string): Buffer {
  return seq(tlv(0x31, seq(oid('2.5.4.3'), tlv(0x0c, Buffer.from(name)))))
}

function time(at: number): Buffer {
  return tlv(0x18, Buffer.from(`${new Date(at).toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`))
}

function extension(id: string, value: Buffer): Buffer {
  return seq(oid(id), tlv(0x04, value))
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const digits = rest.flatMap((number) => {
    const groups = [number & 0x7f]
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tlv(0x06, Buffer.from([first * 40 + second, ...digits]))
}

function integer(value: Buffer): Buffer {
  return tlv(0x02, value)
}

function seq(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
