/** Below this many bytes a view of words costs more than it saves. */
const wordsFrom = 64

const turned = new Uint8Array(4)
const turnedWord = new Uint32Array(turned.buffer)

/**
 * Removes the mask (RFC 6455 §5.3) of `bytes[start..end)`, or applies it, in place. `phase` is how many bytes of the
 * payload came before.
 */
export function unmask(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  phase: number,
): void {
  let at = start
  let turn = phase
  if (end - start >= wordsFrom) {
    while (((bytes.byteOffset + at) & 3) !== 0) bytes[at++]! ^= key[turn++ & 3]!
    for (let i = 0; i < 4; i++) turned[i] = key[(turn + i) & 3]!
    const word = turnedWord[0]!
    const count = (end - at) >>> 2
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, count)
    for (let i = 0; i < count; i++) words[i]! ^= word
    at += count << 2
  }
  while (at < end) bytes[at++]! ^= key[turn++ & 3]!
}
