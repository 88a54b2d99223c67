/**
 * A text as it is compared with others, by the rule of the function `folded` of the databases (sql/folding.sql): for who compares
 * texts that are in no database. Two texts that are the same to the one are the same to the other.
 */
export function folded(text: string): string {
  const letters = text.normalize('NFKD').replaceAll(LEFT_OUT, '')
  // Small, capital and small again: letters of which there are several small ones, as σ and ς, or ß, have one capital form.
  const small = letters.toLowerCase().toUpperCase().toLowerCase()
  return small.replaceAll(TYPED_OTHERWISE, (letter) => TYPED[letter] ?? letter).normalize('NFC')
}

const TYPED: Readonly<Record<string, string>> = {
  ...{ ς: 'σ', ı: 'i', đ: 'd', ð: 'd', ø: 'o', ł: 'l', ħ: 'h', ŧ: 't', æ: 'ae', œ: 'oe', þ: 'th' },
}
const TYPED_OTHERWISE = new RegExp(`[${Object.keys(TYPED).join('')}]`, 'g')

/** Diacritics of Latin, Greek, Cyrillic, Hebrew and Arabic, and what has no shape. */
const LEFT_OUT = new RegExp(
  [
    String.raw`[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7`,
    String.raw`\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed`,
    String.raw`\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\p{Default_Ignorable_Code_Point}]`,
  ].join(''),
  'gu',
)
