import type { HDTableEntry } from './table-entry.ts'

/** Writes a table a line an entry, `[index] (s=space) name: value`, to `print` (the console). */
export function printHdTable(
  table: Iterable<HDTableEntry>,
  print: (line: string) => void = (line) => console.log(line),
): void {
  let index = 0
  for (const entry of table) {
    print(`[${index++}] (s=${entry.space()}) ${entry.name}: ${entry.value}`)
  }
}
