// Fails when a source file has more than 400 lines: such a file should be two.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, root } from './tools.mjs'

const limit = 400
const folders = [
  'src',
  'wasm',
  'test',
  'fuzz',
  'scripts',
  'examples',
  'bench',
  'attack',
  'soak',
  '.ci',
]

const files = folders.flatMap((folder) => filesUnder(folder, /\.(ts|c|h|mjs|sh)$/))
const tooLong = files
  .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
  .filter(({ lines }) => lines > limit)

for (const { file, lines } of tooLong)
  console.error(`${file}: ${lines} lines, ${limit} are allowed`)
if (tooLong.length > 0) process.exit(1)
console.log(`${files.length} files, none over ${limit} lines`)
