/** Names of people who do not exist, as they come to a hotel from everywhere. */
export const firstNames = (
  'Ada,Ahmed,Aiko,Alice,Amélie,Ana,Anders,Anna,Antonio,Beatriz,Björn,Carlos,Chiara,Chloé,Daniel,David,Elena,Emma,Erik,' +
  'Fatima,Felix,Francesca,Gabriel,Giulia,Hannah,Hans,Hiroshi,Ines,Ingrid,Isabel,Ivan,Jakub,James,Jana,João,Jonas,Julia,' +
  'Kenji,Klára,Lars,Laura,Léa,Leon,Lin,Lucas,Łukasz,Luís,Maria,Marie,Marko,Mateo,Maya,Mei,Mia,Mohamed,Nadia,Niamh,Nina,' +
  'Noah,Nora,Olga,Oliver,Omar,Paolo,Pedro,Petra,Priya,Rafael,Renée,Sara,Seán,Sofía,Stefan,Sven,Tomás,Vera,Yuki,Zoë'
).split(',')

/** Family names, some of them of two words. */
export const lastNames = (
  'Almeida,Andersson,Bauer,Becker,Bernard,Bianchi,Brown,Byrne,Carvalho,Chen,Costa,Da Silva,De Vries,Dubois,Eriksson,' +
  'Fernández,Ferrari,Fischer,Fontaine,García,Gómez,Haddad,Hansen,Hoffmann,Horváth,Hughes,Ivanov,Jansen,Jensen,Johnson,' +
  'Kaya,Keller,Kowalski,Kumar,Larsen,Laurent,Lefèvre,Lindgren,López,Lovelace,Martin,Martinez,Meier,Moreau,Müller,' +
  'Murphy,Nagy,Nakamura,Navarro,Nielsen,Novák,Nowak,O’Brien,Oliveira,Olsen,Papadopoulos,Patel,Pereira,Petrov,Ricci,' +
  'Rossi,Ruiz,Sánchez,Santos,Sato,Schmid,Schneider,Silva,Singh,Smith,Suzuki,Svensson,Tanaka,Taylor,Van den Berg,' +
  'Virtanen,Wagner,Weber,Wilson,Wong,Yılmaz,Zimmermann'
).split(',')
