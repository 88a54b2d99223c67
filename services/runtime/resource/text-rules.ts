import { Invalid, type Rule } from './valid.ts'

/** A name of 1 to `most` characters that must be given. */
export const requiredName =
  (most = 255): Rule<string> =>
  (value) => {
    if (typeof value !== 'string' || value === '') throw new Invalid('is required')
    return name(value, most)
  }

/** As requiredName, but may be absent: null then. */
export const optionalName =
  (most = 255): Rule<string | null> =>
  (value) =>
    value === undefined ? null : name(value as string, most)

/** A text of 1 to `most` characters; null when absent. Loses what garbles the text around it. */
export const optionalText =
  (most = 255): Rule<string | null> =>
  (value) =>
    value === undefined
      ? null
      : trimmed(trimmed(value as string, most).replaceAll(new RegExp(GARBLING, 'gu'), ''), most)

/** A text of 1 to `most` characters, without what is not seen at its ends. Throws an Invalid for any other. */
export function trimmed(value: string, most: number): string {
  const text = withoutUnseenEnds(value)
  if (text === '') throw new Invalid('may not be blank')
  // Code points, as PostgreSQL counts the length of a varchar.
  if ([...text].length > most) throw new Invalid(`is longer than ${most} characters`)
  return text
}

/** Throws an Invalid for a name with characters that would garble the list or the form that it stands in. */
function name(value: string, most: number): string {
  const text = trimmed(value, most)
  const code = GARBLING.exec(value)?.[0].codePointAt(0)
  if (code !== undefined) {
    const character = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    throw new Invalid(`contains ${character}, a control character or one that turns the direction of text: remove it`)
  }
  return text
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

/** An e-mail address of the form that HTML's input takes, in any script (RFC 6531), at most 254 characters (RFC 5321, 4.5.3.1.3). */
export const email: Rule<string> = (value) => {
  const text = trimmed(value as string, 254)
  if (!EMAIL.test(text)) throw new Invalid('is not an e-mail address, as name@example.org')
  return text
}

// Letters and digits with their marks, and within a label the joiners and points of some scripts (RFC 5892, A.1 to A.7).
const LETTER = String.raw`\p{L}\p{Nd}`
const WITHIN = String.raw`${LETTER}\p{M}\u200c\u200d\u00b7\u0375\u05f3\u05f4\u30fb`
const LABEL = `[${LETTER}](?:[${WITHIN}-]{0,61}[${LETTER}\\p{M}])?`
// https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a dot in the domain demanded.
const EMAIL = new RegExp(`^[${WITHIN}\\p{N}.!#$%&'*+/=?^_\`{|}~-]{1,64}@${LABEL}(?:\\.${LABEL})+$`, 'u')
