// npm run soak: builds the package and the programs of this folder, and runs main.ts.
import { pathToFileURL } from 'node:url'
import { run } from '../scripts/tools.mjs'
import { bundle } from './lib/bundle.mjs'

const built = run(process.execPath, ['scripts/build.mjs'])
if (built.code !== 0) {
  console.error(built.output.trimEnd())
  process.exit(1)
}
await import(pathToFileURL(await bundle()).href)
