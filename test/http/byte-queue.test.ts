import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../../src/http/byte-queue.ts'

const KiB = 1024

/** Bytes that the memory behind these chunks takes, each buffer once. */
function held(chunks: readonly Uint8Array[]): number {
  const buffers = new Set(chunks.map(({ buffer }) => buffer))
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function drain(queue: ByteQueue): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let chunk = queue.shift(); chunk; chunk = queue.shift()) chunks.push(chunk)
  return chunks
}

/** A chunk of a buffer that is `spare` bytes larger, as a part of what a socket read. */
function part(length: number, spare: number, first: number): Uint8Array {
  const chunk = new Uint8Array(length + spare).subarray(spare)
  for (let i = 0; i < length; i++) chunk[i] = first + i
  return chunk
}

const pieces = fc.array(
  fc.record({
    length: fc.oneof(
      fc.constant(1),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 70_000 }),
    ),
    spare: fc.oneof(fc.constant(0), fc.constant(64 * KiB), fc.integer({ min: 0, max: 20_000 })),
    isBorrowed: fc.boolean(),
    takes: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 60 },
)

describe('bytes in a ByteQueue', () => {
  it('come out in the order they went in, whatever their pieces and who reads when', () => {
    fc.assert(
      fc.property(pieces, (steps) => {
        const queue = new ByteQueue()
        const put: number[] = []
        const got: Uint8Array[] = []
        for (const { length, spare, isBorrowed, takes } of steps) {
          const chunk = part(length, spare, put.length)
          put.push(...chunk)
          queue.push(chunk, isBorrowed)
          if (isBorrowed) chunk.fill(0)
          for (let i = 0; i < takes; i++) {
            const taken = queue.shift()
            if (taken) got.push(taken)
          }
          const waiting = put.length - got.reduce((sum, taken) => sum + taken.length, 0)
          expect(queue.length).toBe(waiting)
        }
        got.push(queue.takeAll())
        expect(Buffer.concat(got).equals(Buffer.from(put))).toBe(true)
        expect(queue.length).toBe(0)
        expect(queue.shift()).toBeUndefined()
      }),
    )
  })

  it('hold at most 1.5 times their bytes and 66 KiB', () => {
    fc.assert(
      fc.property(pieces, (steps) => {
        const queue = new ByteQueue()
        for (const { length, spare, isBorrowed } of steps)
          queue.push(part(length, spare, 0), isBorrowed)
        const { length } = queue
        expect(held(drain(queue))).toBeLessThanOrEqual(1.5 * length + 66 * KiB)
      }),
    )
  })

  it('of a million pieces of one byte are a few buffers', () => {
    const queue = new ByteQueue()
    const read = new Uint8Array(64 * KiB)
    for (let i = 0; i < 1_000_000; i++) queue.push(read.subarray(i & 0xffff, (i & 0xffff) + 1))
    const chunks = drain(queue)
    expect(chunks.length).toBeLessThan(60)
    expect(held(chunks)).toBeLessThan(1.5 * 1_000_000)
  })

  it('are not copied where they are most of their memory', () => {
    const queue = new ByteQueue()
    const read = new Uint8Array(64 * KiB)
    const frames = [0, 1, 2, 3].map((i) => read.subarray(i * 16_384 + 9, (i + 1) * 16_384))
    for (const frame of frames) queue.push(frame)
    expect(drain(queue)).toEqual(frames)
    expect(frames.every((frame) => frame.buffer === read.buffer)).toBe(true)
  })

  it('a small part of a large buffer does not keep that alive', () => {
    const queue = new ByteQueue()
    for (let i = 0; i < 20; i++) queue.push(part(10 * KiB, 200 * KiB, 0))
    expect(held(drain(queue))).toBeLessThan(1.5 * 200 * KiB + 66 * KiB)
  })
})
