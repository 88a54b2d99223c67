import { openService } from '@hotel/runtime/server/open-service'
import { config } from './config.ts'
import { migrations } from './migrations.ts'
import { resources } from './resources.ts'
import { reservationServices } from './services.ts'

await using closing = new AsyncDisposableStack()
const service = await openService(closing, config, {
  name: 'reservations',
  resources,
  migrations,
  peers: { guests: config.guests, rooms: config.rooms },
})
await service.serve(reservationServices(closing, config, service))
