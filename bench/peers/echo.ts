import { Guest, GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { serveBare } from './serve.ts'

/** Answers GetGuest with the id that it was asked for: what a call costs in which nothing is done. */
const { methods, ...service } = GuestServiceDefinition
const definition = { ...service, methods: { getGuest: methods.getGuest } }

await serveBare((server) => server.add(definition, { getGuest: async ({ id }) => Guest.fromPartial({ id }) }))
