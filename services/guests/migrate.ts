import { migrate } from '@hotel/runtime/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'guests',
    migrations,
    programs: [new URL('sql/guest-triggers.sql', import.meta.url)],
    grants: 'grant insert, update on guest to :role; grant insert, update on known_hotel to :role;',
  },
  process.env,
)
