import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grafanaHome } from './grafana-home.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-grafana-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (...names: string[]) => path.join(folder, ...names)
async function install(program: string, home: string): Promise<void> {
  await mkdir(path.dirname(at(program)), { recursive: true })
  await mkdir(at(home, 'conf'), { recursive: true })
  await Promise.all([writeFile(at(program), ''), writeFile(at(home, 'conf', 'defaults.ini'), '')])
}

test.each([
  ['an archive', 'archive/bin/grafana', 'archive'],
  ["Debian's package", 'debian/usr/sbin/grafana', 'debian/usr/share/grafana'],
  ["Homebrew's package", 'cellar/grafana/12.0.0/bin/grafana', 'cellar/grafana/12.0.0/share/grafana'],
])('the home of Grafana is found from %s, also by a link', async (_name, program, home) => {
  await install(program, home)
  expect(await grafanaHome(at(program))).toBe(at(home))
  const link = at(`link-${path.basename(home)}-${program.length}`)
  await symlink(at(program), link)
  expect(await grafanaHome(link)).toBe(at(home))
})

test('the folder that is given is the only one that is looked into', async () => {
  await install('here/bin/grafana', 'here')
  await install('there/bin/grafana', 'there')
  expect(await grafanaHome(at('here/bin/grafana'), at('there'))).toBe(at('there'))
  expect(await grafanaHome(at('here/bin/grafana'), folder)).toBeUndefined()
})

test('a program without the rest of Grafana has no home', async () => {
  await mkdir(at('alone'))
  await writeFile(at('alone/grafana'), '')
  expect(await grafanaHome(at('alone/grafana'))).toBeUndefined()
})
