/** The name by which callers know a message's or an entity's resource: `room_type` for RoomType. */
export function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

/** The name of a kind of resource in a sentence: `room type` for room_type. */
export function inWords(name: string): string {
  return name.replaceAll('_', ' ')
}
