import { describe, expect, it } from 'vitest'
import { Session, type SessionEvent, type SessionOptions } from '../../../src/engine/index.ts'
import { Type, frame, get, hello, join, u32, wire } from '../../support/engine/frames.ts'
import { one, only } from '../../support/engine/pair.ts'
import { joined, record, serverSettings } from '../../support/engine/recording.ts'

const { up, down } = record()

/** Gives a server `bytes` in pieces of `size`; events, and what it sends. */
function serve(bytes: Uint8Array, size: number, options: SessionOptions = {}, step = 0): Replay {
  return replay(Session.server({ settings: serverSettings, ...options }), bytes, size, step)
}

interface Replay {
  readonly events: SessionEvent[]
  readonly sent: Uint8Array
}

function replay(session: Session, bytes: Uint8Array, size: number, step = 0): Replay {
  const events: SessionEvent[] = []
  for (let at = 0, now = 0; at < bytes.length; at += size, now += step) {
    events.push(...session.receive(bytes.slice(at, at + size), now))
  }
  const sent = session.bytesToSend()
  session.dispose()
  return { events, sent }
}

function client(size: number): Replay {
  const session = Session.client({ settings: { initialWindowSize: 200_000, enablePush: true } })
  for (const path of ['/1', '/3', '/5', '/7', '/9']) {
    session.submitRequest({ ':method': 'GET', ':scheme': 'http', ':authority': 'x', ':path': path })
  }
  session.bytesToSend()
  return replay(session, down, size)
}

describe('input cut anywhere gives the same events', () => {
  const whole = serve(up, up.length)
  const wholeDown = client(down.length)

  it('the recording has something of everything', () => {
    const types = new Set([...whole.events, ...wholeDown.events].map((event) => event.type))
    for (const type of [
      'RequestReceived',
      'ResponseReceived',
      'InformationalReceived',
      'TrailersReceived',
      'DataReceived',
      'StreamEnded',
      'StreamReset',
      'StreamClosed',
      'PushPromised',
      'SettingsReceived',
      'SettingsAcknowledged',
      'PingReceived',
      'GoawayReceived',
      'WindowUpdated',
      'PriorityUpdated',
      'UnknownFrameReceived',
    ] as const) {
      expect(types, type).toContain(type)
    }
  })

  it.each([1, 2, 3, 7, 8, 9, 10, 64, 1000, 16_393])('pieces of %i bytes, to a server', (size) => {
    const pieces = serve(up, size)
    expect(joined(pieces.events)).toEqual(joined(whole.events))
    expect(pieces.sent).toEqual(whole.sent)
  })

  it.each([1, 2, 9, 100])('pieces of %i bytes, to a client', (size) => {
    const pieces = client(size)
    expect(joined(pieces.events)).toEqual(joined(wholeDown.events))
    expect(pieces.sent).toEqual(wholeDown.sent)
  })

  it('two pieces, cut at every byte', () => {
    // The bodies' inside is alike: the first 800 bytes hold the frames of three requests.
    const start = up.subarray(0, 800)
    const expected = joined(serve(start, 800).events)
    for (let at = 1; at < start.length; at++) {
      const session = Session.server({ settings: serverSettings })
      const events = [...session.receive(start.slice(0, at)), ...session.receive(start.slice(at))]
      expect(joined(events), `cut at ${at}`).toEqual(expected)
      session.dispose()
    }
  })
})

describe('law 7: time and randomness are arguments', () => {
  it('the same bytes at the same times with the same seed give the same events and bytes', () => {
    const options = { seed: [0x1234, 0x5678], now: 17 } as const
    const first = serve(up, 100, options, 13)
    for (let i = 0; i < 3; i++) {
      const again = serve(up, 100, options, 13)
      expect(again.events).toEqual(first.events)
      expect(again.sent).toEqual(first.sent)
    }
  })

  it('another seed changes nothing that is seen', () => {
    expect(serve(up, 100, { seed: [1, 2] }).sent).toEqual(serve(up, 100, { seed: [3, 4] }).sent)
  })

  /** A client's stream opened and reset. */
  const openAndReset = (id: number): Uint8Array =>
    join(get(id), frame(Type.RST_STREAM, 0, id, u32(8)))

  /** Sends ten resets at a time; gives the number of times until the server ends the session. */
  function roundsUntilGoaway(session: Session, nowOf: (round: number) => number): number {
    let id = 1
    for (let round = 0; round < 50; round++) {
      const resets = Array.from({ length: 10 }, () => openAndReset((id += 2)))
      session.receive(join(...resets), nowOf(round))
      const gone = wire(session.bytesToSend()).some((line) => line.startsWith('GOAWAY'))
      if (gone) return round
    }
    return Infinity
  }

  const limits = { streamResetBurst: 20, streamResetRate: 10 }

  it('rate limits refill by `now` and by nothing else', async () => {
    const still = Session.server({ limits })
    still.receive(hello(), 0)
    await new Promise((resolve) => setTimeout(resolve, 1100)) // a clock of its own would refill here
    expect(roundsUntilGoaway(still, () => 0)).toBe(2)

    const moving = Session.server({ limits })
    moving.receive(hello(), 0)
    expect(roundsUntilGoaway(moving, (round) => round * 1000)).toBe(Infinity)
  })

  it('the clock may be any, and wrap at 2^32 milliseconds', () => {
    const start = 2 ** 32 - 5000
    const session = Session.server({ limits, now: start })
    session.receive(hello(), start)
    expect(roundsUntilGoaway(session, (round) => start + round * 1000)).toBe(Infinity)
    const dated = Session.server({ limits, now: 1_700_000_000_000 })
    dated.receive(hello(), 1_700_000_000_000)
    expect(roundsUntilGoaway(dated, () => 1_700_000_000_000)).toBe(2)
  })
})

describe('the largest windows and frames', () => {
  it('takes frames of 2^24-1 bytes under windows of 2^31-1 and 2^24', () => {
    const most = 0xffffff
    const session = Session.server({
      settings: { maxFrameSize: most, initialWindowSize: 0x7fffffff },
      connectionWindowSize: 0x1000000,
    })
    session.receive(hello())
    const opened = wire(session.bytesToSend())
    expect(opened).toEqual(['SETTINGS', 'SETTINGS ack', `WINDOW_UPDATE ${0x1000000 - 65_535}`])
    session.receive(frame(Type.SETTINGS, 1))
    session.receive(get(1).with(4, 0x4)) // END_HEADERS without END_STREAM
    expect(session.localWindowSize(1)).toBe(0x7fffffff)
    expect(session.localWindowSize()).toBe(0x1000000)

    const body = new Uint8Array(most).fill(3)
    const chunk = frame(Type.DATA, 1, 1, body)
    const events = session.receive(chunk)
    expect(only(events, 'DataReceived').reduce((sum, { data }) => sum + data.length, 0)).toBe(most)
    one(events, 'StreamEnded')
    expect(session.localWindowSize()).toBe(1)
    session.consume(1, most)
    expect(wire(session.bytesToSend())).toEqual([`WINDOW_UPDATE ${most}`])
  })
})
