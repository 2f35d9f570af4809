import { constants, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Inflater, InflateError, InflateLimitError } from '../../src/websocket/deflate/inflater.ts'
import { asBytes, clientFrame, Peer } from '../support/websocket/peer.ts'

/** The fragmentation of a message costs memory and time in proportion to the bytes sent. */

const KiB = 1024
const BINARY = 0x02
const CONTINUATION = 0x00
const FIN = 0x80

const milliseconds = (work: () => void): number => {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** `count` times the same frame. */
function repeated(frame: Buffer, count: number): Buffer {
  return Buffer.alloc(frame.length * count, frame)
}

describe('a message in fragments', () => {
  it('of one byte each is whole, and takes no longer for each byte the longer it is', () => {
    const send = (count: number): void => {
      const peer = Peer.open({ maxPayload: count + 2 })
      void peer.send(clientFrame(BINARY, 'a'))
      void peer.send(repeated(clientFrame(CONTINUATION, 'a'), count))
      void peer.send(clientFrame(FIN | CONTINUATION, 'a'))
      expect(peer.events).toEqual([asBytes(Buffer.alloc(count + 2, 'a'))])
    }
    send(10_000)
    const short = milliseconds(() => send(50_000))
    const long = milliseconds(() => send(800_000))
    expect(long).toBeLessThan(16 * 5 * Math.max(short, 5))
  })

  it('a thousand of them empty are a message, and so is the next one', () => {
    const peer = Peer.open({ maxPayload: 10 })
    for (let i = 0; i < 2; i++) {
      void peer.send(clientFrame(BINARY, ''))
      void peer.send(repeated(clientFrame(CONTINUATION), 999))
      void peer.send(clientFrame(FIN | CONTINUATION, 'ab'))
    }
    expect(peer.events).toEqual([asBytes(Buffer.from('ab')), asBytes(Buffer.from('ab'))])
  })

  it('more than a thousand of them empty fail the socket with 1008', () => {
    const peer = Peer.open({ maxPayload: 10 })
    void peer.send(clientFrame(BINARY, 'a'))
    void peer.send(repeated(clientFrame(CONTINUATION), 1001))
    expect(peer.said()).toEqual([
      'close 1008 a message has more than 1000 fragments without payload',
    ])
    expect(peer.events.at(-1)).not.toEqual(asBytes(Buffer.from('a')))
  })

  it.each([
    ['begins', clientFrame(BINARY, 'a')],
    ['announces 1 MiB', clientFrame(FIN | BINARY, Buffer.alloc(1024 * KiB)).subarray(0, 15)],
  ])('that %s and does not go on takes no memory for what has not come', (_, beginning) => {
    const before = process.memoryUsage().arrayBuffers
    const peers = Array.from({ length: 500 }, () => {
      const peer = Peer.open()
      void peer.send(beginning)
      return peer
    })
    const grown = process.memoryUsage().arrayBuffers - before
    expect(grown / peers.length).toBeLessThan(8 * KiB)
  })
})

/** Writes bits as RFC 1951 §3.1.1 packs them. */
class Bits {
  readonly bytes: number[] = []
  #count = 0

  put(value: number, count: number): void {
    for (let i = 0; i < count; i++, this.#count++) {
      if ((this.#count & 7) === 0) this.bytes.push(0)
      this.bytes[this.bytes.length - 1]! |= ((value >> i) & 1) << (this.#count & 7)
    }
  }
}

/** A message of `count` blocks, each of which has codes of its own, and nothing else: 11 bytes and two bits each. */
function blocksWithCodes(count: number): Uint8Array {
  const bits = new Bits()
  for (let i = 0; i < count; i++) {
    bits.put(0b100, 3)
    bits.put(0, 10)
    bits.put(14, 4)
    // Of the code lengths, 18 (a run of zeros) and 1 have a code.
    for (const symbol of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]) {
      bits.put(symbol === 18 || symbol === 1 ? 1 : 0, 3)
    }
    for (const zeros of [138, 118]) {
      bits.put(1, 1)
      bits.put(zeros - 11, 7)
    }
    // The end of the block has one bit, a distance that does not occur has one, and the block ends.
    bits.put(0, 3)
  }
  bits.put(0, 3)
  return Uint8Array.from(bits.bytes)
}

describe('a compressed message', () => {
  it('of empty blocks with codes of their own is read when there are few', () => {
    expect(new Inflater().inflate(blocksWithCodes(100), 100).length).toBe(0)
  })

  it('of ever more such blocks is refused before they take long', () => {
    const inflater = new Inflater()
    const payload = blocksWithCodes(100_000)
    const few = blocksWithCodes(200)
    inflater.inflate(few, 100)
    const short = milliseconds(() => void inflater.inflate(few, 100))
    const long = milliseconds(() => {
      expect(() => inflater.inflate(payload, 1 << 24)).toThrow(InflateError)
    })
    // 500 times the bytes.
    expect(long).toBeLessThan(50 * Math.max(short, 1))
  })

  it('of zlib’s is read, however often it was flushed', () => {
    const text = new TextEncoder().encode(JSON.stringify(process.versions).repeat(40))
    const parts: Buffer[] = []
    for (let at = 0; at < text.length; at += 120) {
      const part = text.subarray(at, at + 120)
      const options = { finishFlush: constants.Z_SYNC_FLUSH, level: 9 }
      parts.push(deflateRawSync(part, options), deflateRawSync(part, { ...options, strategy: 2 }))
    }
    const inflated = new Inflater().inflate(Buffer.concat(parts).subarray(0, -4), 1 << 24)
    expect(inflated.length).toBe(2 * text.length)
  })

  it.each([10, 1000, 65_535, 65_536, 100_000])('is not inflated beyond a limit of %i', (limit) => {
    const options = { finishFlush: constants.Z_SYNC_FLUSH }
    const message = (length: number): Buffer =>
      deflateRawSync(Buffer.alloc(length), options).subarray(0, -4)
    const inflater = new Inflater()
    expect(inflater.inflate(message(limit), limit).length).toBe(limit)
    expect(() => inflater.inflate(message(limit + 1), limit)).toThrow(InflateLimitError)
    expect(inflater.inflate(message(limit), limit).length).toBe(limit)
  })
})
