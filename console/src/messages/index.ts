import { en } from './en.ts'

/** All texts of the console, by subject. Another language is another file of the same shape. */
export type Messages = typeof en

const languages: Readonly<Record<string, Messages>> = { en }

/** The texts in the first of the reader's languages that there is, else in English. */
export const messages: Messages =
  navigator.languages.map((language) => languages[language.split('-')[0] ?? '']).find((each) => each !== undefined) ??
  en

/** The name of a field, or of a value of the API, for a person: a known one from the texts, another from its letters. */
export function label(name: string): string {
  const known = (messages.names as Readonly<Record<string, string>>)[name]
  if (known !== undefined) return known
  const words = name.replaceAll('_', ' ').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
