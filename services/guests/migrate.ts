import { migrate, SEARCHING } from '@hotel/runtime/database/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'guests',
    migrations,
    programs: [
      SEARCHING,
      ...['guest/guest-triggers', 'guest/lists', 'deletion/erasure'].map(
        (name) => new URL(`${name}.sql`, import.meta.url),
      ),
    ],
    grants: `
      grant insert, update on guest, known_hotel to :role;
      grant insert, update, delete on erasure to :role;
      grant execute on function forget_guest to :role;`,
  },
  process.env,
)
