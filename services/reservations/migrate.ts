import { migrate } from '@hotel/runtime/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    migrations,
    programs: [new URL('sql/occupancy.sql', import.meta.url), new URL('sql/current-and-upcoming.sql', import.meta.url)],
    grants: `
      grant insert, update on reservation to :role;
      grant insert, update, delete on occupancy, current_and_upcoming to :role;
      grant insert, update on view_head, hotel, location, room, room_type, guest, retired_guest, replica_cursor, replica_epoch to :role;
      grant delete on replica_cursor to :role;`,
  },
  process.env,
)
