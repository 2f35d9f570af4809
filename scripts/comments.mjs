// Comments name their subject: fails where a comment has one of the pronouns below instead.
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { commentsOf } from './comment-scanner.mjs'
import { filesUnder, root } from './tools.mjs'

const words = /\b(?:nobody|somebody|anybody|whoever|whom)\b/i
const folders = ['src', 'wasm', 'scripts', 'bench', 'attack', 'soak', 'fuzz', 'examples', 'test']
const languages = {
  '.ts': 'js',
  '.mts': 'js',
  '.cts': 'js',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.c': 'c',
  '.h': 'c',
  '.sh': 'sh',
}

const files = folders.flatMap((folder) => filesUnder(folder, /\.(?:[mc]?[jt]s|c|h|sh)$/))
const found = files.flatMap((file) => {
  const comments = commentsOf(readFileSync(join(root, file), 'utf8'), languages[extname(file)])
  return comments
    .filter(({ text }) => words.test(text))
    .map(({ line, text }) => ({ place: `${file}:${line}`, text }))
})

for (const { place, text } of found) {
  console.error(`${place}: “${words.exec(text)[0]}” in a comment: ${text}`)
}
if (found.length > 0) {
  console.error('Name the subject: a client, the handler, the caller.')
  process.exit(1)
}
console.log(`${files.length} files, each comment without those words`)
