import { openService } from '@hotel/runtime/server/open-service'
import { config } from './config.ts'
import { migrations } from './migrations.ts'
import { resources } from './resources.ts'
import { roomServices } from './services.ts'

await using closing = new AsyncDisposableStack()
const service = await openService(closing, config, {
  name: 'rooms',
  resources,
  migrations,
  peers: { reservations: config.reservations },
})
await service.serve(roomServices(closing, service))
