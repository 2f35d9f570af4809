// Reads a .cpuprofile of V8 or Bun: self time by function or by part.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** `[{ place, name, share }]` of the time that the program was not idle, the largest first. `group`: node → key. */
export function selfTimes(file, group) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const times = new Map()
  let busy = 0
  samples.forEach((id, i) => {
    const { callFrame } = byId.get(id)
    if (callFrame.functionName === '(idle)') return
    const time = Math.max(0, timeDeltas[i])
    const key = group(callFrame)
    times.set(key, (times.get(key) ?? 0) + time)
    busy += time
  })
  return [...times]
    .map(([key, time]) => ({ key, share: time / busy }))
    .toSorted((a, b) => b.share - a.share)
}

/** Name and place of a function. */
export function functionOf({ functionName, url, lineNumber, columnNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (!url || name.startsWith('(')) return name
  return `${name} ${basename(url)}:${lineNumber + 1}:${columnNumber + 1}`
}

/** The part that a function belongs to. */
export function partOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName.includes('wasm-function') || url.startsWith('wasm:')) return 'nghttp2 in wasm'
  // Deno reads the source maps.
  if (/(^|\/)(dist|src)\//.test(url)) return 'nghttp2-wasm, JavaScript'
  if (url.includes('/bench/')) return 'the benchmark’s handler'
  return 'the runtime'
}
