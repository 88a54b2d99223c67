import { Histogram, type Registry } from 'prom-client'

/** Counts how many reservations were decided together. */
export function groupSizes(registry: Registry): Histogram {
  return new Histogram({
    name: 'hotel_create_group_members',
    help: 'Reservations that were decided together, by one statement.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers: [registry],
  })
}
