import { openService } from '@hotel/runtime/server/open-service'
import { config } from './config.ts'
import { migrations } from './migrations.ts'
import { resources } from './resources.ts'
import { guestServices } from './services.ts'

await using closing = new AsyncDisposableStack()
const service = await openService(closing, config, {
  name: 'guests',
  resources,
  migrations,
  peers: { rooms: config.rooms, reservations: config.reservations },
})
await service.serve(guestServices(closing, service))
