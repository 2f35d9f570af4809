import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OutgoingBody } from '../../../src/engine/http2/outgoing.ts'

/** Chunks that wait for the peer: whatever their size, they hold little more memory than their bytes. */

const KiB = 1024
const waiting = 512 * KiB
/** Bytes that an array costs a runtime beside its contents, at the least. */
const arrayCost = 100

/** The memory behind the slices, and what the arrays cost themselves. */
function held(slices: readonly Uint8Array[]): number {
  const buffers = new Set(slices.map(({ buffer }) => buffer))
  let sum = 0
  for (const { byteLength } of buffers) sum += byteLength + arrayCost
  return sum
}

function taken(body: OutgoingBody, length = body.length): Uint8Array[] {
  const slices: Uint8Array[] = []
  body.take(length, slices)
  return slices
}

describe('chunks that wait for the peer', () => {
  it.each([
    ['of 2 bytes', [2]],
    ['of 3 bytes', [3]],
    ['of 100 bytes', [100]],
    ['of 1000 bytes', [1000]],
    ['short and long in turn', [10, 1200]],
    ['two short and a long in turn', [10, 10, 1200]],
    ['of every length', [1, 3000, 77, 500, 1023, 1024, 2]],
  ])('%s hold at most 1.5 times their bytes, and 16 KiB', (_, lengths) => {
    const body = new OutgoingBody()
    for (let i = 0; body.length < waiting; i++)
      body.push(new Uint8Array(lengths[i % lengths.length]!))
    const { length } = body
    expect(held(taken(body))).toBeLessThan(1.5 * length + 16 * KiB)
    expect(body.length).toBe(0)
    expect(body.hasChunks).toBe(false)
  })

  it('come out as they went in, whatever their lengths and who takes when', () => {
    const steps = fc.array(fc.tuple(fc.nat(2500), fc.boolean(), fc.nat(5000)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (script) => {
        const body = new OutgoingBody()
        const written: Uint8Array[] = []
        const read: Uint8Array[] = []
        let next = 0
        for (const [length, isTaking, most] of script) {
          const chunk = Uint8Array.from({ length: length + 1 }, () => next++ % 251)
          written.push(chunk)
          body.push(chunk)
          // What was handed out waits in a transport, while more is written.
          if (isTaking) read.push(...taken(body, Math.min(most, body.length)))
        }
        read.push(...taken(body))
        expect(Buffer.concat(read).equals(Buffer.concat(written))).toBe(true)
        expect(body.isChanged).toBe(false)
      }),
    )
  })
})
