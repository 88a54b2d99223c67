import { migrate } from '@hotel/runtime/database/migrate'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'rooms',
    migrations,
    programs: ['room-triggers', 'namesakes', 'lists', 'time-zone', 'default-hotel'].map(
      (name) => new URL(`sql/${name}.sql`, import.meta.url),
    ),
    grants: 'grant insert, update on hotel, location, room, room_type, employee to :role;',
    seed: (timeZone) => ['select create_default_hotel(?, ?, ?)', [DEFAULT_HOTEL, DEFAULT_LOCATION, timeZone]],
  },
  process.env,
)
