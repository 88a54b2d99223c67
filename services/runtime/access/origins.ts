/** Reads CORS_ORIGINS, the origins whose pages may call from a browser; throws for what is none. */
export function originsFrom({ CORS_ORIGINS: given }: Readonly<Record<string, string | undefined>>): string[] {
  const origins = given ? given.split(',').map((origin) => origin.trim()) : []
  // As a browser writes it: without a path, a port only where it is not the usual one.
  for (const origin of origins)
    if (origin !== '*' && (/[*]|^null$/.test(origin) || URL.parse(origin)?.origin !== origin))
      throw new Error(
        `CORS_ORIGINS has "${origin}": give origins such as https://desk.hotel.example, separated by commas, or *`,
      )
  return origins
}
