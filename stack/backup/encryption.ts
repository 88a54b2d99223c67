import { Problem } from '../setup/problem.mjs'
import type { Filter } from './run-command.ts'

/** How the parts of a backup are encrypted. */
export type Encryption = 'none' | 'age' | 'gpg'

const remedies = {
  age: 'install age (`apt install age`, `brew install age`)',
  gpg: 'install GnuPG (`apt install gnupg`, `brew install gnupg`)',
}

/** Which program encrypts for a recipient: age for its own and SSH's public keys, GnuPG for all others. */
export function encryptionFor(recipient: string | undefined): Encryption {
  if (recipient === undefined) return 'none'
  return /^(age1|ssh-)/.test(recipient) ? 'age' : 'gpg'
}

/** What encrypts for this recipient; undefined without one. */
export function encrypting(recipient: string | undefined): Filter | undefined {
  if (recipient === undefined) return undefined
  if (encryptionFor(recipient) === 'age')
    return { file: 'age', args: ['--encrypt', '--recipient', recipient], remedy: remedies.age }
  // The owner of the keyring has decided whose key it is: none is looked for elsewhere.
  const args = ['--batch', '--trust-model', 'always', '--no-auto-key-locate', '--encrypt', '--recipient', recipient]
  return { file: 'gpg', args, remedy: remedies.gpg }
}

/** What decrypts: age by the file of an identity, GnuPG by its own keys. */
export function decrypting(encryption: Encryption, identity: string | undefined): Filter | undefined {
  if (encryption === 'none') return undefined
  if (encryption === 'gpg') return { file: 'gpg', args: ['--batch', '--decrypt'], remedy: remedies.gpg }
  if (identity === undefined)
    throw new Problem('The backup is encrypted by age: give `--identity FILE`, the file of the private key.')
  return { file: 'age', args: ['--decrypt', '--identity', identity], remedy: remedies.age }
}
