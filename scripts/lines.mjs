// A bundle without white space is one line, all of which a runtime prints before an error's message. Here statements
// and members get lines of their own, which costs a few hundred bytes; the source map is kept in step.
import { tokenizer, tokTypes } from 'acorn'

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The text of a module with line breaks, and the source map (JSON) of that. */
export function breakLines(text, map) {
  const breaks = breaksOf(text)
  const pieces = []
  let start = 0
  for (const at of breaks) {
    pieces.push(text.slice(start, at))
    start = at
  }
  pieces.push(text.slice(start))
  const parsed = JSON.parse(map)
  const mappings = brokenMappings(parsed.mappings, columnsOf(text, breaks))
  // The sources are not in the package. For a name that is no file Deno prints the place in the source; for a path it
  // would print the source's line with the bundle's name.
  const sources = parsed.sources.map((path) => path.replace(/^(\.\.\/)+/, 'nghttp2-wasm:'))
  return { text: pieces.join('\n'), map: JSON.stringify({ ...parsed, sources, mappings }) }
}

const { braceL, braceR, bracketL, bracketR, dollarBraceL, parenL, parenR, semi } = tokTypes
const openers = new Set([braceL, bracketL, dollarBraceL, parenL])
const closers = new Set([braceR, bracketR, parenR])
const { name, privateId, _class, _function } = tokTypes
/** What stands behind a block: a declaration, or the next member of a class. */
const beginners = new Set([name, privateId, _class, _function])

/** Offsets behind statements and members: semicolons, but for those of a `for`, and blocks. */
function breaksOf(text) {
  const breaks = []
  const open = []
  const options = { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }
  let before
  for (const token of tokenizer(text, options)) {
    const { type } = token
    const isEnd =
      (before?.type === semi && open.at(-1) !== parenL) ||
      (before?.type === braceR && beginners.has(type))
    if (isEnd && text[before.end] !== '\n') breaks.push(before.end)
    if (openers.has(type)) open.push(type)
    else if (closers.has(type)) open.pop()
    before = token
  }
  return breaks
}

/** The columns of the breaks, by line. */
function columnsOf(text, breaks) {
  const columns = []
  let start = 0
  let next = 0
  for (const line of text.split('\n')) {
    const end = start + line.length
    const ofLine = []
    for (; next < breaks.length && breaks[next] <= end; next++) ofLine.push(breaks[next] - start)
    columns.push(ofLine)
    start = end + 1
  }
  return columns
}

/**
 * Mappings of a source map (ECMA-426): lines are parted by `;`, segments by `,`. A segment's first number is a column,
 * relative to the segment before it on the line; the others are relative across lines, and stay.
 */
function brokenMappings(mappings, columns) {
  return mappings
    .split(';')
    .map((line, number) => brokenLine(line, columns[number] ?? []))
    .join(';')
}

function brokenLine(line, breaks) {
  const lines = [[]]
  let column = 0
  let previous = 0
  for (const segment of line === '' ? [] : line.split(',')) {
    const { value, length } = decode(segment)
    column += value
    while (lines.length <= breaks.length && breaks[lines.length - 1] <= column) {
      previous = breaks[lines.length - 1]
      lines.push([])
    }
    lines.at(-1).push(encode(column - previous) + segment.slice(length))
    previous = column
  }
  while (lines.length <= breaks.length) lines.push([])
  return lines.map((segments) => segments.join(',')).join(';')
}

/** The first base 64 VLQ of a text: five bits a digit, the lowest first, and a sign in the lowest of all. */
function decode(text) {
  let bits = 0
  let length = 0
  for (;;) {
    const digit = digits.indexOf(text[length])
    bits += (digit & 31) * 32 ** length
    length++
    if (digit < 32) return { value: bits % 2 === 1 ? -(bits - 1) / 2 : bits / 2, length }
  }
}

function encode(value) {
  let bits = value < 0 ? -2 * value + 1 : 2 * value
  let text = ''
  do {
    const rest = Math.floor(bits / 32)
    text += digits[(bits % 32) + (rest > 0 ? 32 : 0)]
    bits = rest
  } while (bits > 0)
  return text
}
