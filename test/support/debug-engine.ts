// The debug build of the module (wasm/build.sh --debug): assertions, traps on undefined behaviour, and allocations that
// fail on demand.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const output = join(root, 'dist/nghttp2.debug.wasm')

/** The debug build as a module, built where it is missing or older than the C. */
export async function debugModule(): Promise<WebAssembly.Module> {
  if (!isFresh()) {
    // It waits for a build that is under way, and does nothing where that one has made the file.
    execFileSync(join(root, 'wasm/build.sh'), ['--debug'], { stdio: ['ignore', 'ignore', 'pipe'] })
    const now = new Date()
    utimesSync(output, now, now)
  }
  return WebAssembly.compile(readFileSync(output))
}

function isFresh(): boolean {
  if (!existsSync(output)) return false
  const built = statSync(output).mtimeMs
  const folder = join(root, 'wasm')
  return readdirSync(folder).every((name) => statSync(join(folder, name)).mtimeMs <= built)
}
