// Makes the package in dist/: `npm pack` runs it. Needs the repository around it, installed by `npm run generate`.
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { generate } from '../../stack/setup/generate.mjs'
import { root } from '../../stack/setup/run.mjs'
import { compileClient, generateClient } from './generate.mjs'

await generate()
await generateClient()
await copyFile(path.join(root, 'LICENSE'), path.join(import.meta.dirname, 'LICENSE'))
process.exitCode = await compileClient()
