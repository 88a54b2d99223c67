import { migrate } from '@hotel/runtime/database/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'guests',
    migrations,
    programs: ['guest-triggers', 'lists', 'erasure'].map((name) => new URL(`sql/${name}.sql`, import.meta.url)),
    grants: `
      grant insert, update on guest, known_hotel to :role;
      grant insert, update, delete on erasure to :role;
      grant execute on function forget_guest to :role;`,
  },
  process.env,
)
