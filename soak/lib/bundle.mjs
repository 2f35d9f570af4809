// The programs of this folder, as JavaScript in build/soak: Node 20 reads no TypeScript.
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../../scripts/tools.mjs'

/** The path of the command. */
export async function bundle() {
  await build({
    absWorkingDir: root,
    entryPoints: { main: 'soak/main.ts', client: 'soak/client.ts' },
    outdir: 'build/soak',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    logLevel: 'warning',
  })
  return join(root, 'build', 'soak', 'main.mjs')
}
