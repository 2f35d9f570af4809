/** Public test cases (http2jp), which are not part of this project: read from where they are, if they are. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

export const folder: string =
  process.env['HTTP2_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

/** Describes tests that need the vectors; without these they are skipped, and the name says why. */
export function describeVectors(title: string, tests: () => void): void {
  if (existsSync(folder)) describe(title, tests)
  else it.skip(`${title}: there is no ${folder}, and HTTP2_VECTORS names no other`, () => {})
}

/** The JSON files below `path`, with their names from there on. */
export function readVectors<T>(path: string): Array<readonly [name: string, vector: T]> {
  const root = join(folder, path)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(root, name), 'utf8')) as T] as const)
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}
