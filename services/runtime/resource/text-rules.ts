import { Invalid, matching, type Rule } from '../call/valid.ts'
import { type Constraint, kindOf, mismatch } from '../protos/constraints.ts'

/** A name within the constraint of its field, that must be given. */
export const requiredName =
  (constraint: Constraint): Rule<string> =>
  (value) => {
    if (typeof value !== 'string' || value === '') throw new Invalid('is required')
    return name(value, constraint)
  }

/** As requiredName, but may be absent: null then. */
export const optionalName =
  (constraint: Constraint): Rule<string | null> =>
  (value) =>
    value === undefined ? null : name(value as string, constraint)

/** A text within the constraint of its field; null when absent. Loses what garbles the text around it. */
export const optionalText =
  ({ maxLength }: Constraint): Rule<string | null> =>
  (value) =>
    value === undefined
      ? null
      : trimmed(trimmed(value as string, maxLength).replaceAll(new RegExp(GARBLING, 'gu'), ''), maxLength)

/** A text of 1 to `most` characters, without what is not seen at its ends. Throws an Invalid for any other. */
export function trimmed(value: string, most: number): string {
  const text = withoutUnseenEnds(value)
  if (text === '') throw new Invalid('must not be blank')
  // Code points, as PostgreSQL counts the length of a varchar.
  if ([...text].length > most) throw new Invalid(`is longer than ${most} characters`)
  return text
}

/** Throws an Invalid for a name with characters that would garble the list or the form that it stands in. */
function name(value: string, { kind, maxLength }: Constraint): string {
  const text = trimmed(value, maxLength)
  const wrong = kind && mismatch(kind, value)
  if (wrong !== undefined) throw new Invalid(garbled(value) ?? wrong)
  return text
}

/** What is said of the first character of a text that garbles it, if there is one. */
function garbled(value: string): string | undefined {
  const code = GARBLING.exec(value)?.[0].codePointAt(0)
  if (code === undefined) return undefined
  const character = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return `contains ${character}, a control character or one that changes the direction of text: remove it`
}

/**
 * Controls but those between words and lines, and the embeddings, overrides and isolates of the bidirectional algorithm (UAX 9),
 * which outlast their text.
 */
const GARBLING = /(?![\t-\r])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u

/** Blanks, and what has no shape by itself. */
const UNSEEN_FIRST = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+/u
/** The same but for what belongs to the letter before, as variation selectors do. */
const UNSEEN_LAST = /[\s\p{Cc}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]/u

function withoutUnseenEnds(value: string): string {
  let end = value.length
  // No expression: that would be tried from each blank of a long run anew.
  while (end > 0 && UNSEEN_LAST.test(value.charAt(end - 1))) end -= 1
  return value.slice(0, end).replace(UNSEEN_FIRST, '')
}

/** A country, by the two capital letters of ISO 3166-1. */
export const countryCode = matching('country_code')

/**
 * An e-mail address of the form that HTML's input takes, in any script (RFC 6531), within the constraint of its field, which
 * follows RFC 5321, 4.5.3.1.3.
 */
export const email =
  ({ maxLength }: Constraint): Rule<string> =>
  (value) => {
    const text = anAddress(trimmed(value as string, maxLength))
    if (!EMAIL.test(text)) throw new Invalid(address.message)
    return text
  }

const anAddress = matching('email_address')
const [address] = kindOf('email_address').patterns

// Letters and digits with their marks, and within a label the joiners and points of some scripts (RFC 5892, A.1 to A.7).
const LETTER = String.raw`\p{L}\p{Nd}`
const WITHIN = String.raw`${LETTER}\p{M}\u200c\u200d\u00b7\u0375\u05f3\u05f4\u30fb`
const LABEL = `[${LETTER}](?:[${WITHIN}-]{0,61}[${LETTER}\\p{M}])?`
// https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a dot in the domain demanded.
const EMAIL = new RegExp(`^[${WITHIN}\\p{N}.!#$%&'*+/=?^_\`{|}~-]{1,64}@${LABEL}(?:\\.${LABEL})+$`, 'u')
