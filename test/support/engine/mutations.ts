import fc from 'fast-check'
import { join } from './frames.ts'

/** Mutations of bytes: overwrite, insert, remove, repeat. */
type Mutation = readonly [kind: number, at: number, bytes: Uint8Array]

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.nat(3),
  fc.nat(0xffff),
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    // Numbers that mean something: lengths, types, flags, stream ids.
    fc
      .array(fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 9, 16, 32, 37, 45, 127, 128, 255), {
        minLength: 1,
        maxLength: 9,
      })
      .map((bytes) => Uint8Array.from(bytes)),
  ),
)

export function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let result = bytes
  for (const [kind, position, given] of mutations) {
    const at = position % result.length
    const [head, tail] = [result.subarray(0, at), result.subarray(at)]
    if (kind === 0) result = join(head, given.subarray(0, tail.length), tail.subarray(given.length))
    else if (kind === 1) result = join(head, given, tail)
    else if (kind === 2) result = join(head, tail.subarray(given.length))
    else result = join(head, tail.subarray(0, 40), tail)
  }
  return result
}

/** A few of them. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(mutation, {
  minLength: 1,
  maxLength: 6,
})
