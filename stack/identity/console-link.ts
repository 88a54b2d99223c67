import { access } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { runMain } from '../run/run-main.ts'
import { Problem } from '../setup/problem.mjs'
import { CODE_MINUTES, makeCode } from './sign-in-codes.ts'

const HELP = `npm run -s console-link: prints a link that signs a developer in to the console of \`npm start\`, once, within
${CODE_MINUTES} minutes. DATA_DIR, GATEWAY_ADDRESS and GATEWAY_PORT are those of \`npm start\`.`

/** The address of the console with a new code, behind a `#`: a browser sends that nowhere, and no log has it. */
export async function consoleLink(dataDir: string, gateway: string): Promise<string> {
  return `http://${gateway}/console/sign-in#code=${await makeCode(path.join(dataDir, 'issuer'), Date.now())}`
}

/** `host:port` of the gateway, as a browser on this machine reaches it. */
export function gatewayHere({
  gatewayAddress,
  ports,
}: Pick<ReturnType<typeof readConfig>, 'gatewayAddress' | 'ports'>): string {
  return `${gatewayAddress === '0.0.0.0' ? '127.0.0.1' : gatewayAddress}:${ports.gateway}`
}

/** `npm run console-link`. */
async function main(args: readonly string[]): Promise<void> {
  if (asksForHelp(args)) return console.log(HELP)
  if (process.env.NODE_ENV === 'production')
    throw new Problem(
      'NODE_ENV is production, where links do not sign anybody in: use your own issuer (docs/console.md).',
    )
  const config = readConfig()
  await access(path.join(config.dataDir, 'issuer', 'key.json')).catch(() => {
    throw new Problem(
      `${config.dataDir} has no development issuer: \`npm start\` makes one. DATA_DIR names another data folder.`,
    )
  })
  console.log(await consoleLink(config.dataDir, gatewayHere(config)))
}

function asksForHelp(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h', default: false } } }).values
      .help
  } catch {
    throw new Problem(`"${args[0]}" is not known: \`npm run -s console-link\` takes nothing but --help.`)
  }
}

if (import.meta.main) runMain(main)
