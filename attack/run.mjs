// npm run attack: builds the package and the programs of this folder, and runs main.ts.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root, run } from '../scripts/tools.mjs'

const built = run(process.execPath, ['scripts/build.mjs'])
if (built.code !== 0) {
  console.error(built.output.trimEnd())
  process.exit(1)
}
mkdirSync(join(root, 'build', 'attack'), { recursive: true })
await build({
  absWorkingDir: root,
  // Node 20 reads no TypeScript.
  entryPoints: {
    main: 'attack/main.ts',
    attacker: 'attack/lib/attacker-process.ts',
    honest: 'attack/lib/honest-process.ts',
  },
  outdir: 'build/attack',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  logLevel: 'warning',
})
await import(pathToFileURL(join(root, 'build', 'attack', 'main.mjs')).href)
