// What the targets serve: attack/lib/paths.ts.

export const small = 'hello'

/** The pieces of a long body, each with memory of its own. */
export function* pieces(size) {
  for (let left = size; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536))
}
