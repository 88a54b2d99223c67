import path from 'node:path'

/** Where `npm run console` puts the built console. */
export const CONSOLE = path.join(import.meta.dirname, '..', '..', 'console', 'dist')
