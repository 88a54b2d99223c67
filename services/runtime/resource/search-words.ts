import { Invalid, type Rule } from '../call/valid.ts'
import { folded } from '../read/folded.ts'
import type { Conditions } from '../read/list.ts'
import { trimmed } from './text-rules.ts'

const MOST_WORDS = 5
/** The most letters of a word that is looked for. */
export const MOST_LETTERS = 64
/**
 * The letters of a word that the index is asked for: it has a list of rows for each three letters, and reads as many lists.
 * More seldom find fewer rows.
 */
const LETTERS_BY_INDEX = 8

/** The words of a search; throws for more, or longer ones, than are looked for, and for one of accents alone. */
export const wordsToFind: Rule<string[]> = (value) => {
  const words = trimmed(value as string, Number.POSITIVE_INFINITY).split(/\s+/, MOST_WORDS + 1)
  if (words.length > MOST_WORDS) throw new Invalid(`has more than ${MOST_WORDS} words: leave some out`)
  if (words.some((word) => [...word].length > MOST_LETTERS))
    throw new Invalid(`has a word of more than ${MOST_LETTERS} letters: give its beginning`)
  if (words.some((word) => folded(word) === '')) throw new Invalid('has a word that is only accents: leave it out')
  return words
}

/** Adds the conditions that a table's column `search` has all of these words, for its index of three letters each. */
export function addWords(where: Conditions, words: readonly string[]): void {
  for (const word of words) {
    where.add((given) => `search like containing(${given}, ${LETTERS_BY_INDEX})`, word)
    // No expression of an index: the word whole.
    if (!isShort(word)) where.add((given) => `(search || '') like containing(${given}, ${MOST_LETTERS})`, word)
  }
}

/** Whether a word is looked for whole by the index; what is not ASCII may be longer as it is compared. */
function isShort(word: string): boolean {
  return word.length <= LETTERS_BY_INDEX && /^\p{ASCII}*$/u.test(word)
}
