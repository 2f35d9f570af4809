import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import {
  END_STREAM,
  Type,
  frame,
  headers,
  hello,
  join,
  literals,
  postFields,
} from '../../support/engine/frames.ts'

/** Payloads of DATA are not copied to linear memory; all that is around them is, wherever the input is cut. */

const PADDED = 0x8
const mebibyte = 1024 * 1024

function bytesOf(length: number, seed: number): Uint8Array {
  // As hostile as can be: payloads that look like frames.
  const lookalike = frame(Type.RST_STREAM, 0, 1, new Uint8Array([0, 0, 0, seed & 0xff]))
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = lookalike[(i + seed) % lookalike.length]!
  return bytes
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('data'), length: fc.nat(16_384) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('padded'), length: fc.nat(16_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ping'), length: fc.constant(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unknown'), length: fc.nat(5000) }) },
)

it('random frames in chunks of any size give the bodies that were sent', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 24 }),
      fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 8 }),
      (pieces, sizes) => {
        const frames: Uint8Array[] = []
        const bodies: Uint8Array[] = []
        let pings = 0
        pieces.forEach(({ kind, length }, i) => {
          const payload = bytesOf(length, i)
          if (kind === 'data' || kind === 'padded') bodies.push(payload)
          if (kind === 'data') {
            frames.push(frame(Type.DATA, 0, 1, payload))
          } else if (kind === 'padded') {
            const padding = i * 10
            const padded = join(Uint8Array.of(padding), payload, new Uint8Array(padding).fill(1))
            frames.push(frame(Type.DATA, PADDED, 1, padded))
          } else if (kind === 'ping') {
            pings++
            frames.push(frame(Type.PING, 0, 0, payload))
          } else {
            frames.push(frame(0xbe, 0, 0, payload))
          }
        })
        const server = Session.server({
          settings: { initialWindowSize: mebibyte },
          connectionWindowSize: mebibyte,
        })
        server.bytesToSend()
        server.receive(join(hello(), frame(Type.SETTINGS, 1), headers(1, literals(...postFields))))
        const input = join(...frames, frame(Type.DATA, END_STREAM, 1, new Uint8Array(0)))
        const received: Uint8Array[] = []
        let answered = 0
        let hasEnded = false
        for (let at = 0, i = 0; at < input.length; i++) {
          const size = sizes[i % sizes.length]!
          for (const event of server.receive(input.slice(at, at + size))) {
            if (event.type === 'DataReceived') received.push(event.data)
            else if (event.type === 'PingReceived') answered++
            else if (event.type === 'StreamEnded') hasEnded = true
          }
          at += size
        }
        expect(Buffer.compare(join(...received), join(...bodies))).toBe(0)
        expect([answered, hasEnded, server.failure]).toEqual([pings, true, undefined])
      },
    ),
    { numRuns: 300 },
  )
})
