import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/processes.ts'

const text = await readFile(join(root, 'docs/CAPABILITIES.md'), 'utf8')
const rows = [...text.matchAll(/^\|(.*)\| `(\S+\.test\.ts)`: (.+) \|$/gm)]

describe('docs/CAPABILITIES.md', () => {
  it('names a test in every row', () => {
    const isRow = (line: string): boolean => line.startsWith('| ') && !/ tests? \|$/.test(line)
    expect(rows.map(([row]) => row)).toEqual(text.split('\n').filter(isRow))
    expect(rows.length).toBeGreaterThan(35)
  })

  it.each(rows.map(([, , file, name]) => [file!, name!]))('%s: %s', async (file, name) => {
    const source = await readFile(join(root, 'test', file), 'utf8')
    expect(["'", '"', '`'].some((quote) => source.includes(quote + name + quote))).toBe(true)
  })
})
