import { migrate, SEARCHING } from '@hotel/runtime/database/migrate'
import { migrations } from './migrations.ts'

await migrate(
  {
    schema: 'reservations',
    migrations,
    programs: [
      SEARCHING,
      ...[
        'replicas/replicas',
        'nights/occupancy',
        'nights/calendar',
        'desk/occupied-rooms',
        'nights/holding-instead',
        'nights/assignment',
        'creation/before-creation',
        'creation/lost-legs',
        'creation/creation',
        'creation/creation-of-hotel',
        'nights/alternatives',
        'nights/legs',
        'availability/rooms-asked',
        'availability/room-availability',
        'availability/room-type-availability',
        'finding/lists',
        'current-and-upcoming/stay-of',
        'current-and-upcoming/current-and-upcoming',
        'desk/house-lists',
        'blocks/room-block-triggers',
        'transfer/import',
        'deletion/erasure',
      ].map((name) => new URL(`${name}.sql`, import.meta.url)),
    ],
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
