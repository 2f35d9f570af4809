import { readFileSync } from 'node:fs'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deflater } from '../../src/websocket/deflate/deflater.ts'
import { Inflater } from '../../src/websocket/deflate/inflater.ts'
import { asBytes, clientFrame, Peer, text } from '../support/websocket/peer.ts'

const tail = Buffer.from([0, 0, 0xff, 0xff])
const finishFlush = constants.Z_SYNC_FLUSH
const limit = 1 << 24
const source = readFileSync(new URL(import.meta.url))

/** RFC 7692 §7.2.1, by zlib. */
function compressed(data: Uint8Array | string, options: object = {}): Buffer {
  return deflateRawSync(data, { finishFlush, ...options }).subarray(0, -4)
}

/** RFC 7692 §7.2.2, by zlib. */
function inflated(payload: Uint8Array): Buffer {
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush })
}

/** Bytes as messages have them: text, numbers, runs, noise, one after the other. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((noise) => Buffer.from(noise)),
      fc
        .tuple(fc.nat(255), fc.integer({ min: 1, max: 40_000 }))
        .map(([byte, length]) => Buffer.alloc(length, byte)),
      fc
        .tuple(fc.nat(source.length), fc.nat(8000))
        .map(([start, length]) => source.subarray(start, start + length)),
      fc.json().map((json) => Buffer.from(json)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts))

describe('inflating of permessage-deflate', () => {
  const inflater = new Inflater()
  const inflate = (payload: Uint8Array): Buffer => Buffer.from(inflater.inflate(payload, limit))

  it.each([
    ['one block', 'f248cdc9c90700'],
    ['two blocks', 'f248050000 00ffffcac9c90700'.replace(' ', '')],
    ['a stored block', '000500faff48656c6c6f00'],
    ['a block with BFINAL', 'f348cdc9c9070000'],
    ['a block with BFINAL that ends the payload', 'f348cdc9c90700'],
    ['a sync flush in the middle', 'f248050000 00ffffcac9c90700'.replace(' ', '')],
  ])('reads the example of RFC 7692 §7.2.3: %s', (_, hex) => {
    expect(inflate(Buffer.from(hex, 'hex')).toString()).toBe('Hello')
  })

  it('goes on after BFINAL', () => {
    const parts = ['one ', 'two ', 'three']
    const payload = Buffer.concat(parts.map((part) => deflateRawSync(part)))
    expect(inflate(payload).toString()).toBe('one two three')
    expect(inflate(Buffer.concat([payload, Buffer.from([0])])).toString()).toBe('one two three')
  })

  it('gives nothing for an empty message', () => {
    expect(inflate(Buffer.from([0])).length).toBe(0)
    expect(inflate(Buffer.alloc(0)).length).toBe(0)
  })

  it('reads what zlib writes', () => {
    const { Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED, Z_DEFAULT_STRATEGY } = constants
    fc.assert(
      fc.property(
        content,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED),
        fc.integer({ min: 9, max: 15 }),
        (data, level, strategy, windowBits) => {
          const payload = compressed(data, { level, strategy, windowBits })
          expect(inflate(payload).equals(data)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('agrees with zlib on what is data and what is not', () => {
    /** Last blocks: with one of them behind it zlib has to come to an end, or complain. */
    const lastBlocks = [Buffer.from([0x03, 0x00]), Buffer.from([0x01, 0x00, 0x00, 0xff, 0xff])]
    const zlibSays = (payload: Uint8Array): { output: Buffer; isWhole: boolean } | undefined => {
      try {
        const [one, other] = lastBlocks.map((lastBlock) => {
          const input = Buffer.concat([payload, tail, lastBlock])
          const { buffer, engine } = inflateRawSync(input, { info: true }) as unknown as {
            buffer: Buffer
            engine: { bytesWritten: number }
          }
          return { output: buffer, isWhole: engine.bytesWritten === input.length }
        })
        // Where they differ, the data took the last block for a part of itself.
        return one!.isWhole === other!.isWhole && one!.output.equals(other!.output)
          ? one
          : undefined
      } catch {
        return undefined
      }
    }
    const seen = { error: 0, same: 0, afterFinal: 0 }
    fc.assert(
      fc.property(
        content,
        fc.integer({ min: 1, max: 1 << 16 }),
        fc.nat(7),
        fc.constantFrom('flip', 'cut'),
        (data, place, bit, how) => {
          let payload = Buffer.from(compressed(data.subarray(0, 3000)))
          if (how === 'flip') payload[place % payload.length]! ^= 1 << bit
          else payload = payload.subarray(0, Math.max(1, place % payload.length))
          let ours: Buffer | undefined
          try {
            ours = inflate(payload)
          } catch (error) {
            expect(error).toMatchObject({ name: 'InflateError' })
          }
          const theirs = zlibSays(payload)
          if (theirs === undefined) {
            seen.error++
            expect(ours).toBeUndefined()
          } else if (theirs.isWhole) {
            seen.same++
            // Where a stored block is four bytes short, zlib takes the tail for them; ours refuses the message.
            const isTailTaken = theirs.output.subarray(-tail.length).equals(tail)
            expect(ours?.equals(theirs.output) ?? isTailTaken).toBe(true)
          } else {
            // zlib stops after a block with BFINAL; ours reads on, and may find anything.
            seen.afterFinal++
            expect(ours?.subarray(0, theirs.output.length).equals(theirs.output) ?? true).toBe(true)
          }
        },
      ),
      { numRuns: 3000 },
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
  })

  it('stops at the limit, before there is more in memory', () => {
    const bomb = compressed(Buffer.alloc(64 << 20))
    expect(bomb.length).toBeLessThan(70_000)
    const before = process.memoryUsage().arrayBuffers
    expect(() => inflater.inflate(bomb, 1 << 20)).toThrow(
      expect.objectContaining({ name: 'InflateLimitError' }),
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    expect(inflater.inflate(compressed(Buffer.alloc(1000)), 1000).length).toBe(1000)
    expect(() => inflater.inflate(compressed(Buffer.alloc(1001)), 1000)).toThrow()
    expect(() => inflater.inflate(compressed(Buffer.alloc(1001), { level: 0 }), 1000)).toThrow()
  })
})

describe('deflating of permessage-deflate', () => {
  const deflater = new Deflater()
  const inflater = new Inflater()

  it('writes what zlib reads', () => {
    fc.assert(
      fc.property(content, (data) => {
        const payload = deflater.deflate(data)
        if (payload === undefined) {
          expect(compressed(data).length).toBeGreaterThan(0.93 * data.length - 64)
        } else {
          expect(payload.length).toBeLessThan(data.length)
          expect(inflated(payload).equals(data)).toBe(true)
          expect(Buffer.from(inflater.inflate(payload, limit)).equals(data)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never ends a stream: BFINAL is not set', () => {
    const payload = deflater.deflate(source)!
    // After the end of a stream zlib would drop the second half.
    const twice = inflated(Buffer.concat([payload, tail, payload]))
    expect(twice.equals(Buffer.concat([source, source]))).toBe(true)
  })

  it('compresses nearly as well as zlib', () => {
    expect(deflater.deflate(source)!.length).toBeLessThan(1.06 * compressed(source).length)
  })

  it('mixes text and noise over several blocks', () => {
    const noise = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i * 7919) >>> 5))
    const data = Buffer.concat([source, noise, source, Buffer.alloc(300_000, 'ab'), noise])
    const payload = deflater.deflate(data)!
    expect(inflated(payload).equals(data)).toBe(true)
  })

  it('gives up on noise', () => {
    const noise = new Uint8Array(100_000).map(() => Math.floor(Math.random() * 256))
    expect(deflater.deflate(noise)).toBeUndefined()
  })
})

describe('a socket with permessage-deflate', () => {
  const long = 'a long message, long enough to be compressed; '.repeat(50)
  const open = (options = {}): Peer => Peer.open(options, 'permessage-deflate')

  it('inflates messages, fragmented or not, beside others', () => {
    const peer = open()
    const payload = compressed(long)
    peer.send(
      clientFrame(0xc1, payload),
      text('plain'),
      clientFrame(0x42, payload.subarray(0, 10)),
      clientFrame(0x00, payload.subarray(10, 11)),
      clientFrame(0x80, payload.subarray(11)),
      clientFrame(0xc1, Buffer.from([0])),
    )
    expect(peer.events).toEqual([long, 'plain', asBytes(Buffer.from(long)), ''])
  })

  it('compresses from the threshold on, when that makes it shorter', () => {
    const peer = open()
    const noise = Buffer.from(Array.from({ length: 2000 }, () => Math.floor(Math.random() * 256)))
    peer.socket.send(long)
    peer.socket.send(Buffer.from(long))
    peer.socket.send('x'.repeat(1023))
    peer.socket.send('x'.repeat(1024))
    peer.socket.send(noise)
    const frames = peer.frames()
    expect(frames.map(({ isCompressed }) => isCompressed)).toEqual([true, true, false, true, false])
    expect(frames.map(({ opcode }) => opcode)).toEqual([1, 2, 1, 1, 2])
    expect(inflated(frames[0]!.payload).toString()).toBe(long)
    expect(inflated(frames[1]!.payload).toString()).toBe(long)
    expect(frames[4]!.payload.equals(noise)).toBe(true)
  })

  it('has a threshold of its own', () => {
    const peer = open({ compressionThreshold: 100 })
    peer.socket.send('x'.repeat(99))
    peer.socket.send('x'.repeat(100))
    expect(peer.frames().map(({ isCompressed }) => isCompressed)).toEqual([false, true])
  })

  it('keeps the order with Blobs', async () => {
    const peer = open()
    peer.socket.send(new Blob([long]))
    peer.socket.send(long)
    peer.socket.send('short')
    await peer.socket.drained
    expect(peer.frames().map(({ opcode, isCompressed }) => [opcode, isCompressed])).toEqual([
      [2, true],
      [1, true],
      [1, false],
    ])
  })

  it.each([
    ['a bomb', compressed(Buffer.alloc(32 << 20)), 1009, /when inflated/],
    ['rubbish', Buffer.from('ffffffffff', 'hex'), 1007, /cannot be inflated/],
    ['half a message', compressed(long).subarray(0, 20), 1007, /cannot be inflated/],
    ['a text that is not UTF-8', compressed(Buffer.alloc(9, 0xff)), 1007, /UTF-8/],
  ])('fails on %s', (_, payload, code, message) => {
    const peer = open()
    peer.send(clientFrame(0xc1, payload))
    expect(peer.said()).toEqual([expect.stringMatching(new RegExp(`^close ${code} `))])
    peer.end()
    expect(peer.errors[0]!.message).toMatch(message)
  })

  it.each([
    ['a continuation', Buffer.concat([clientFrame(0x41, 'a'), clientFrame(0xc0, 'b')])],
    ['a ping', clientFrame(0xc9, 'a')],
  ])('fails on %s with RSV1', (_, frames) => {
    const peer = open()
    peer.send(frames)
    expect(peer.said()).toEqual([expect.stringMatching(/^close 1002 /)])
  })
})
