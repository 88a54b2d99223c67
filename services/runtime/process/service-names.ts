/** The services, in the order in which they are named everywhere: the second word of their proto packages. */
export const serviceNames = ['guests', 'rooms', 'reservations'] as const
export type ServiceName = (typeof serviceNames)[number]
