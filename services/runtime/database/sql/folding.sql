-- A text as it is compared with others: equal for texts that differ only in case, in normal form, in accents or in what is not
-- seen. Unicode's NFKC_Casefold (UAX 44) without the diacritics of alphabets that can do without them: combining marks on Latin,
-- Greek and Cyrillic letters, the points of Hebrew and the short vowels of Arabic with its hamza. Marks that make another word stay:
-- vowels, tones and viramas of the scripts of India and South East Asia, voiced kana. Turkish i is one letter, dotted or not, and
-- letters that Unicode does not take apart (stroked ones, ligatures) are what people type for them.
create function folded(value text) returns text
language sql immutable strict parallel safe
begin atomic
  select case
    -- ASCII, as most are.
    when octet_length(value) = length(value) then lower(value collate "pg_unicode_fast")
    else normalize(
      replace(replace(replace(
        translate(
          casefold(
            regexp_replace(
              normalize(value, NFKD),
              -- Diacritics, then what Unicode has no shape for (Default_Ignorable_Code_Point).
              '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7'
                '\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed'
                '\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f'
                '\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164'
                '\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
              '', 'g'
            ) collate "pg_unicode_fast"
          ),
          'ıđðøłħŧ', 'iddolht'
        ),
        'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
      NFC)
    end;
end;
