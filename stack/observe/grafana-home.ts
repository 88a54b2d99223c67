import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { exists } from '../run/exists.ts'

/**
 * Where the rest of Grafana is, by the place of its program: the folder that is given, else what an archive has (`bin/grafana`
 * in it), or the packages of Debian and Homebrew (`share/grafana` beside the folder of the program). Undefined when it is in
 * none of them. https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/#default-paths
 */
export async function grafanaHome(program: string, given?: string): Promise<string | undefined> {
  const folders = [program, await realpath(program)].map((file) => path.dirname(file))
  const candidates =
    given === undefined
      ? folders.flatMap((bin) => [path.join(bin, '..'), path.join(bin, '..', 'share', 'grafana')])
      : [given]
  for (const folder of candidates) if (await exists(path.join(folder, 'conf', 'defaults.ini'))) return folder
  return undefined
}
