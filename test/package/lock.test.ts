import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/processes.ts'

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>
}

describe('the lock file', () => {
  it.each(['.', 'test/nodes'])('names no host: %s', async (folder) => {
    const lock = await readFile(join(root, folder, 'package-lock.json'), 'utf8')
    expect(lock).not.toContain('"resolved"')
  })

  // npm drops what its registry does not have at the moment, and `npm ci` then refuses the lock file.
  it('has the tools for every platform', async () => {
    const text = await readFile(join(root, 'package-lock.json'), 'utf8')
    const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> }
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })
})
