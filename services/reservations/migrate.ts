import { migrate } from '@hotel/runtime/database/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'reservations',
    migrations,
    programs: [
      'replicas',
      'occupancy',
      'calendar',
      'occupied-rooms',
      'holding-instead',
      'assignment',
      'creation',
      'alternatives',
      'availability',
      'lists',
      'current-and-upcoming',
      'house-lists',
      'room-block-triggers',
      'import',
      'erasure',
    ].map((name) => new URL(`sql/${name}.sql`, import.meta.url)),
    grants: `
      grant insert, update on reservation, room_block to :role;
      grant insert, update, delete on retired_room to :role;
      grant insert, update on refused_retirement to :role;
      grant insert, update, delete on occupancy, occupied_room, current_and_upcoming to :role;
      grant insert, update on view_head, hotel, location, room, room_type, guest, retired_guest, replica_cursor, replica_epoch to :role;
      grant delete on replica_cursor to :role;
      grant insert on erased_guest to :role;
      grant execute on function forget_guest to :role;`,
  },
  process.env,
)
