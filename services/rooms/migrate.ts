import { migrate } from '@hotel/runtime/database/migrate'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'rooms',
    migrations,
    programs: [
      'room/room-triggers',
      'shared/namesakes',
      'shared/lists',
      'location/time-zone',
      'hotel/default-hotel',
    ].map((name) => new URL(`${name}.sql`, import.meta.url)),
    grants: 'grant insert, update on hotel, location, room, room_type, employee to :role;',
    seed: (timeZone) => ['select create_default_hotel(?, ?, ?)', [DEFAULT_HOTEL, DEFAULT_LOCATION, timeZone]],
  },
  process.env,
)
