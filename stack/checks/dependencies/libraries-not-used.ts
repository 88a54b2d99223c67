/** Well-known libraries that would do a part of what is done here, and why they do not. */
export const notUsed: readonly { readonly what: string; readonly why: string }[] = [
  {
    what: 'nice-grpc-opentelemetry, nice-grpc-prometheus',
    why: 'middlewares see a call from its handler on; calls that are refused for their token, cannot be read, end at their deadline or are to no method would be neither counted nor traced, and each middleware is one more async generator for a call to go through.',
  },
  {
    what: '@opentelemetry/instrumentation-pg',
    why: 'it changes `pg` while it is loaded, which for ES modules takes a hook of the loader in every process, also where nothing is traced; here each connection of the pool is set up once (`telemetry/statements.ts`), only where traces are recorded.',
  },
  {
    what: 'cockatiel, opossum',
    why: 'their circuits close by trying a call of a user; with Redis the circuit is the connection, which has answered in the background before a call asks it (`cache/redis.ts`), and a bound of 25 ms that forgives a busy process needs the event loop.',
  },
  {
    what: 'zod, envalid',
    why: 'one reader of the environment (`process/env.ts`, 97 lines) is used by the services, the gateway, `npm start` and the transfer; it reads `<variable>_FILE` too and says the remedy, which either library would need code of the same size for.',
  },
  {
    what: "MikroORM's `findByCursor`",
    why: 'its cursors show the values that are ordered by, where ours are sealed and bound to the caller; it orders by properties, where names are ordered by expressions with a collation; and it makes entities, where a page is made of rows (docs/decisions.md).',
  },
  {
    what: "MikroORM's `upsert`",
    why: 'the values are in its text, so no plan can be kept; nothing is written over without a condition here: copies take a newer version only, keys the first answer.',
  },
  {
    what: "MikroORM's `getPending`",
    why: 'it needs the migrator, which services do not load, and a connection of the pool, which readiness must not wait for; one `select` on the connection of the feed tells which migrations are missing.',
  },
  {
    what: 'get-port',
    why: 'it keeps ports apart within one process; test files in several processes, and runs beside one another, look for ports at the same time (`stack/run/ports.ts`).',
  },
  {
    what: 'execa',
    why: 'the setup that installs the packages cannot import one; supervised processes (restarts, ends with their parent, lines) are what `stack/run` is about, and execa starts processes only.',
  },
  {
    what: 'license-checker-rseidelsohn',
    why: 'it looks at what is installed on this machine; the list here is of the lock, for every platform, and also of wheels and images.',
  },
  {
    what: 'knip',
    why: 'it was run by hand, and what it found is removed; as a check it would need a list of what only Envoy, SQL, npm scripts and generated code name. Dependencies that nothing imports are found by `stack/checks/dependencies/dependencies.ts`.',
  },
  {
    what: 'cli-progress',
    why: 'a bar is two lines of `transfer/progress.ts`; the rest are its words, and a line every ten seconds where no terminal is.',
  },
  {
    what: 'One sealing for page tokens and the cache',
    why: "both are node:crypto's AES-256-GCM; page tokens are taken from instances of the build before and are short, so they keep their form, and what is in Redis for years needs a key of its own for each value. jose's JWE would make a token three times as long.",
  },
]
