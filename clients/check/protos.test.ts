import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hasPrograms } from '@hotel/stack/checks/client-programs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { filesBelow } from '../../stack/setup/files-below.mjs'
import { root, type Served, serve } from './steps.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
})

const withGo = hasPrograms('go') ? test : test.skip
withGo('the packages of Go, in which the protos are generated, build', async () => {
  const { folder, step } = served
  const bin = path.join(folder, 'bin')
  await mkdir(bin)
  const plugins = [
    'google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11',
    'google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2',
  ]
  for (const plugin of plugins) await step('go', ['install', plugin], { env: { GOBIN: bin } })
  const opt = 'module=hotel.example/api'
  const template = {
    version: 'v2',
    inputs: [{ directory: 'proto', paths: ['proto/hotel'] }],
    plugins: ['protoc-gen-go', 'protoc-gen-go-grpc'].map((name) => ({
      local: path.join(bin, name),
      out: path.join(folder, 'go'),
      opt,
    })),
  }
  const buf = path.join(root, 'node_modules', '.bin', 'buf')
  await step(buf, ['generate', '--template', JSON.stringify(template)], { cwd: root })
  const cwd = path.join(folder, 'go')
  await step('go', ['mod', 'init', 'hotel.example/api'], { cwd })
  await step('go', ['mod', 'tidy'], { cwd })
  await step('go', ['build', './...'], { cwd })
  expect((await readdir(cwd)).sort()).toEqual(
    expect.arrayContaining(['auth', 'errors', 'guests', 'history', 'reservations', 'rooms']),
  )
})

/** The rules that a file of settings turns off, those of all protos and those of some. */
const disabledIn = (settings: string) => [...new Set(settings.match(/core::\S+/g))].sort()

withGo(
  'the protos hold to the AIPs, but for the rules that have a reason not to, each of which would find something',
  async () => {
    const { folder, step } = served
    const linter = path.join(folder, 'api-linter')
    const module = path.join(import.meta.dirname, 'api-linter')
    const program = 'github.com/googleapis/api-linter/v2/cmd/api-linter'
    await step('go', ['build', '-o', linter, program], { cwd: module })
    const cwd = path.join(root, 'proto')
    const protos = (await filesBelow(path.join(cwd, 'hotel'), '.proto')).map((file) => path.relative(cwd, file))
    const descriptors = `--descriptor-set-in=${path.join(cwd, 'gen', 'api.binpb')}`
    const lint = async (...more: string[]): Promise<string[]> => {
      const found = JSON.parse(await step(linter, [descriptors, '--output-format=json', ...more, ...protos], { cwd }))
      return found.flatMap(({ file_path, problems }: { file_path: string; problems: { rule_id: string }[] }) =>
        problems.map(({ rule_id }) => `${file_path} ${rule_id}`),
      )
    }
    const settings = path.join(module, 'config.yaml')
    expect(await lint(`--config=${settings}`)).toEqual([])
    const rules = (await lint()).map((each) => each.split(' ')[1] ?? '')
    expect(disabledIn(await readFile(settings, 'utf8'))).toEqual([...new Set(rules)].sort())
  },
)

const withJava = hasPrograms('java', 'mvn') ? test : test.skip
withJava('the packages of Java, in which the protos are generated, compile', async () => {
  const { folder, step } = served
  const cwd = path.join(folder, 'java')
  const sources = path.join(cwd, 'src', 'main', 'java')
  await mkdir(sources, { recursive: true })
  await writeFile(path.join(cwd, 'pom.xml'), pom(PROTOBUF))
  const compiler = `com.google.protobuf:protoc:${PROTOBUF}:exe:${platform()}`
  const copy = ['dependency:copy', `-Dartifact=${compiler}`, `-DoutputDirectory=${cwd}`, '-Dmdep.stripVersion=true']
  await step('mvn', ['-q', '-B', ...copy], { cwd })
  const [protoc = ''] = (await readdir(cwd)).filter((name) => name.endsWith('.exe'))
  await chmod(path.join(cwd, protoc), 0o755)
  const plugin = { protoc_builtin: 'java', protoc_path: path.join(cwd, protoc), out: sources }
  const template = {
    version: 'v2',
    inputs: [{ directory: 'proto', paths: ['proto/hotel', 'proto/buf'] }],
    plugins: [plugin],
  }
  const buf = path.join(root, 'node_modules', '.bin', 'buf')
  await step(buf, ['generate', '--template', JSON.stringify(template)], { cwd: root })
  await step('mvn', ['-q', '-B', 'compile'], { cwd })
  const classes = await filesBelow(path.join(cwd, 'target', 'classes', 'example', 'hotel'), 'Reservation.class')
  expect(classes.length).toBe(1)
})

const PROTOBUF = '4.35.1'

/** As Maven's artifacts of protoc name it. */
function platform(): string {
  const system = process.platform === 'darwin' ? 'osx' : process.platform
  return `${system}-${process.arch === 'arm64' ? 'aarch_64' : 'x86_64'}`
}

const pom = (version: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example.hotel</groupId><artifactId>api</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>com.google.protobuf</groupId><artifactId>protobuf-java</artifactId><version>${version}</version></dependency>
    <dependency>
      <groupId>com.google.api.grpc</groupId><artifactId>proto-google-common-protos</artifactId><version>2.63.0</version>
    </dependency>
  </dependencies>
</project>
`
