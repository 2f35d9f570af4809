/** Tables of a page whose last column names tests: "`file`: name", several apart by semicolons. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './processes.ts'

/** Holds a page to the tests that it names. `least`: rows there are at least. */
export async function describeTable(page: string, least: number): Promise<void> {
  const markdown = await readFile(join(root, page), 'utf8')
  const isRow = (line: string): boolean => line.startsWith('| ') && !/ tests? \|$/.test(line)
  const rows = markdown.split('\n').filter(isRow)
  const named = rows.map((row) => [
    ...row.matchAll(/`(\S+\.test\.ts)`: (.+?)(?=; `\S+\.test\.ts`:| \|$)/g),
  ])
  const tests = named.flat().map(([, file, name]) => [file!, name!] as const)

  describe(page, () => {
    it('names a test in every row', () => {
      expect(rows.filter((_, i) => named[i]!.length === 0)).toEqual([])
      expect(rows.length).toBeGreaterThan(least)
    })

    it.each(tests)('%s: %s', async (file, name) => {
      const source = await readFile(join(root, 'test', file), 'utf8')
      const escaped = name.replaceAll("'", "\\'")
      const spellings = [name, escaped].flatMap((text) =>
        ["'", '"', '`'].map((quote) => quote + text + quote),
      )
      expect(spellings.some((spelling) => source.includes(spelling))).toBe(true)
    })
  })
}
