import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  binary,
  asBytes,
  clientFrame,
  close,
  closeBody,
  Peer,
  ping,
  pong,
  text,
} from '../support/websocket/peer.ts'

/** The socket fails: the peer is told, the application gets error and close. */
function expectFailure(peer: Peer, code: number, message: string | RegExp): void {
  expect(peer.said().at(-1)).toMatch(new RegExp(`^close ${code} `))
  expect(peer.tunnel.hasEnded).toBe(true)
  expect(peer.socket.readyState).toBe(2)
  peer.end()
  expect(peer.socket.readyState).toBe(3)
  expect(peer.errors).toMatchObject([{ code: 'ERR_WEBSOCKET', closeCode: code }])
  expect(peer.errors[0]!.message).toMatch(message)
  expect(peer.events.at(-1)).toBe('close 1006 unclean')
}

describe('frames of a client', () => {
  it('reads the example of RFC 6455 §5.7', () => {
    const peer = Peer.open()
    peer.send(Buffer.from('818537fa213d7f9f4d5158', 'hex'))
    expect(peer.events).toEqual(['Hello'])
  })

  it('joins fragments, with control frames between them', () => {
    const peer = Peer.open()
    peer.send(
      clientFrame(0x01, 'Hel'),
      ping('are you there'),
      clientFrame(0x00, ''),
      pong('x'),
      clientFrame(0x80, 'lo'),
    )
    expect(peer.events).toEqual(['pong x', 'Hello'])
    expect(peer.said()).toEqual(['pong are you there'])
  })

  it('takes empty messages', () => {
    const peer = Peer.open()
    peer.send(text(''), binary(Buffer.alloc(0)), clientFrame(0x02), clientFrame(0x80))
    expect(peer.events).toEqual(['', asBytes(Buffer.alloc(0)), asBytes(Buffer.alloc(0))])
  })

  it('keeps a byte order mark and characters outside the BMP', () => {
    const peer = Peer.open()
    peer.send(text('\u{feff}a\u{1f600}'))
    expect(peer.events).toEqual(['\u{feff}a\u{1f600}'])
  })

  it('takes a character whose bytes are in two fragments', () => {
    const peer = Peer.open()
    const bytes = Buffer.from('\u{1f600}')
    peer.send(clientFrame(0x01, bytes.subarray(0, 1)), clientFrame(0x80, bytes.subarray(1)))
    expect(peer.events).toEqual(['\u{1f600}'])
  })

  it.each([125, 126, 127, 65535, 65536, 200_000])('takes a message of %i bytes', (length) => {
    const payload = Buffer.alloc(length, 'abcdefghijk')
    const peer = Peer.open()
    peer.send(binary(payload), text(payload.toString()))
    expect(peer.events).toEqual([asBytes(payload), payload.toString()])
  })

  it.each([
    ['a frame without a mask', clientFrame(0x81, 'a', null), 1002, /not masked/],
    ['RSV1 without an extension', clientFrame(0xc1, 'a'), 1002, /RSV1/],
    ['RSV2', clientFrame(0xa1, 'a'), 1002, /reserved bit/],
    ['RSV3', clientFrame(0x91, 'a'), 1002, /reserved bit/],
    ['the opcode 3', clientFrame(0x83, 'a'), 1002, /0x3 is reserved/],
    ['the opcode 11', clientFrame(0x8b, 'a'), 1002, /0xb is reserved/],
    ['a continuation of nothing', clientFrame(0x80, 'a'), 1002, /no message/],
    [
      'a message inside another',
      Buffer.concat([clientFrame(0x01, 'a'), text('b')]),
      1002,
      /inside another/,
    ],
    ['a fragmented ping', clientFrame(0x09, 'a'), 1002, /fragmented/],
    ['a ping of 126 bytes', ping(Buffer.alloc(126)), 1002, /longer than 125/],
    ['a length not in its shortest form', Buffer.from('81fe007d00000000', 'hex'), 1002, /shortest/],
    [
      'a long length not in its shortest form',
      Buffer.from('81ff000000000000ffff00000000', 'hex'),
      1002,
      /shortest/,
    ],
    ['a negative length', Buffer.from('81ff800000000000000000000000', 'hex'), 1002, /first bit/],
    [
      'a length of 2 ** 62',
      Buffer.from('81ff400000000000000000000000', 'hex'),
      1009,
      /longer than/,
    ],
    ['a text that is not UTF-8', clientFrame(0x81, Buffer.from([0x61, 0xff])), 1007, /UTF-8/],
    ['half a surrogate pair', clientFrame(0x81, Buffer.from([0xed, 0xa0, 0x80])), 1007, /UTF-8/],
    ['a text that ends too early', clientFrame(0x81, Buffer.from([0xe2, 0x82])), 1007, /UTF-8/],
    ['a Close frame of one byte', clientFrame(0x88, 'a'), 1002, /code/],
    ['a Close frame whose reason is not UTF-8', close(1000, Buffer.from([0xff])), 1007, /UTF-8/],
  ])('fails on %s', (_, bytes, code, message) => {
    const peer = Peer.open()
    peer.send(bytes, text('too late'))
    expectFailure(peer, code, message)
    expect(peer.events).not.toContain('too late')
  })

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])(
    'fails on the close code %i',
    (code) => {
      const peer = Peer.open()
      peer.send(close(code))
      expectFailure(peer, 1002, /code/)
    },
  )

  it.each([1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999])(
    'takes and echoes the close code %i',
    (code) => {
      const peer = Peer.open()
      peer.send(close(code, 'why'))
      expect(peer.said()).toEqual([`close ${code}`])
      peer.end()
      expect(peer.events).toEqual([`close ${code} clean why`])
    },
  )

  it('limits one frame and the sum of fragments', () => {
    const fits = Peer.open({ maxPayload: 10 })
    fits.send(binary(Buffer.alloc(10)), clientFrame(0x02, '12345'), clientFrame(0x80, '67890'))
    expect(fits.events).toEqual([asBytes(Buffer.alloc(10)), asBytes(Buffer.from('1234567890'))])
    const whole = Peer.open({ maxPayload: 10 })
    whole.send(binary(Buffer.alloc(11)))
    expectFailure(whole, 1009, /longer than 10/)
    const parts = Peer.open({ maxPayload: 10 })
    parts.send(clientFrame(0x02, '12345'), clientFrame(0x80, '678901'))
    expectFailure(parts, 1009, /longer than 10/)
  })

  it('does not take memory for a length that is only announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const peers = Array.from({ length: 50 }, () => Peer.open())
    for (const peer of peers) peer.send(Buffer.from('82ff0000000000f0000000000000aabb', 'hex'))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
    expect(peers[0]!.said()).toEqual([])
  })

  it('judges a frame by its first two bytes', () => {
    const peer = Peer.open()
    peer.send(Buffer.from([0x81, 0x05]))
    expectFailure(peer, 1002, /not masked/)
  })
})

describe('random frames', () => {
  /** A message in fragments, with control frames between them, and what the application should get. */
  const script = fc
    .array(
      fc.record({
        isText: fc.boolean(),
        content: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.integer({ min: 0, max: 70_000 }).map((length) => 'x'.repeat(length)),
        ),
        cuts: fc.array(fc.nat(200), { maxLength: 4 }),
        key: fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
        ping: fc.option(fc.string({ maxLength: 20 })),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((messages) => {
      const frames: Buffer[] = []
      const events: unknown[] = []
      const pongs: string[] = []
      for (const { isText, content, cuts, key, ping: pinged } of messages) {
        const payload = Buffer.from(content)
        const places = [0, ...cuts.map((at) => Math.min(at, payload.length)), payload.length]
        places.sort((a, b) => a - b)
        for (let i = 1; i < places.length; i++) {
          const opcode = i > 1 ? 0 : isText ? 1 : 2
          const fin = i === places.length - 1 ? 0x80 : 0
          frames.push(clientFrame(fin | opcode, payload.subarray(places[i - 1], places[i]), key))
          if (pinged !== null) {
            frames.push(ping(pinged))
            pongs.push(`pong ${pinged}`.trimEnd())
          }
        }
        events.push(isText ? payload.toString() : asBytes(payload))
      }
      return { bytes: Buffer.concat(frames), events, pongs }
    })

  it('give the same messages wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        script,
        fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 30 }),
        ({ bytes, events, pongs }, sizes) => {
          const peer = Peer.open()
          let at = 0
          for (const size of sizes) {
            peer.send(bytes.subarray(at, at + size))
            at += size
          }
          peer.send(bytes.subarray(at))
          expect(peer.events).toEqual(events)
          expect(peer.said()).toEqual(pongs)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('give the same messages byte by byte, and with one cut at every place', () => {
    const bytes = Buffer.concat([
      text('first'),
      clientFrame(0x02, Buffer.alloc(130, 'q')),
      ping('p'),
      clientFrame(0x80, 'r'),
      text('\u{20ac}'.repeat(30)),
      close(1000, 'bye'),
    ])
    const events = ['first', asBytes(Buffer.from(`${'q'.repeat(130)}r`)), '\u{20ac}'.repeat(30)]
    const expected = [...events, 'close 1000 clean bye']
    const slow = Peer.open()
    for (const byte of bytes) slow.send(Buffer.from([byte]))
    slow.end()
    expect(slow.events).toEqual(expected)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const peer = Peer.open()
      peer.send(bytes.subarray(0, cut))
      peer.send(bytes.subarray(cut))
      peer.end()
      expect(peer.events).toEqual(expected)
      expect(peer.said()).toEqual(['pong p', 'close 1000'])
    }
  })

  it('of any bytes at all end in messages or in a failure, never in an exception', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc
              .tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 }))
              .map(([first, payload]) => new Uint8Array(clientFrame(first, payload))),
          ),
          { maxLength: 8 },
        ),
        (chunks) => {
          const peer = Peer.open({}, 'permessage-deflate')
          for (const chunk of chunks) peer.send(chunk)
          peer.end()
          expect(peer.socket.readyState).toBe(3)
          expect(peer.events.filter((event) => `${event}`.startsWith('close '))).toHaveLength(1)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('unmasks payloads of every length at every alignment', () => {
    const payload = Buffer.alloc(150, 'The quick brown fox jumps over the lazy dog. ')
    for (let length = 0; length <= payload.length; length++) {
      const frame = clientFrame(0x81, payload.subarray(0, length))
      for (let offset = 0; offset < 4; offset++) {
        const peer = Peer.open()
        const chunk = new Uint8Array(offset + frame.length)
        chunk.set(frame, offset)
        void peer.tunnel.reader!.onData(chunk.subarray(offset))
        expect(peer.events).toEqual([payload.toString('utf8', 0, length)])
      }
    }
  })

  it('ignores what comes after Close', () => {
    const peer = Peer.open()
    peer.send(clientFrame(0x88, closeBody(1000)), text('late'), Buffer.from([0xff, 0xff]))
    peer.send(Buffer.from([0x83, 0x00]))
    peer.end()
    expect(peer.events).toEqual(['close 1000 clean'])
  })
})
