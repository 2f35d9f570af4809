import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BlockFlag,
  Category,
  type Limits,
  Session,
  type SessionSink,
} from '../../../src/engine/index.ts'
import { END_STREAM, get, headers, hello, join } from '../../support/engine/frames.ts'
import { mutate, mutations } from '../../support/engine/mutations.ts'
import { record, serverSettings } from '../../support/engine/recording.ts'

/** `feed` with a limit leaves the rest when so many requests have begun. */

const { up } = record()

/** Calls of a sink: method and arguments. */
type Told = readonly [string, ...unknown[]]

const hints = BlockFlag.kept | BlockFlag.repeated

function noting(told: Told[]): SessionSink {
  return new Proxy({} as SessionSink, {
    get:
      (_target, name: string) =>
      (...given: unknown[]) => {
        // `kept` and `repeated` tell how the fields were carried, which the cuts decide.
        if (name === 'headers') given[2] = (given[2] as number) & ~hints
        // A chunk is a part of the input: kept, it would be compared with its whole buffer.
        told.push([name, ...given.map((value) => (ArrayBuffer.isView(value) ? `${value}` : value))])
      },
  })
}

function requestsIn(told: readonly Told[]): number {
  return told.filter(([name, , category]) => name === 'headers' && category === Category.request)
    .length
}

interface Fed {
  readonly told: Told[]
  /** Requests of each call. */
  readonly requests: number[]
  readonly failure: string | undefined
}

/** Feeds chunks of `size`, and of each, as often as it takes, what was left. */
function feed(bytes: Uint8Array, size: number, mostRequests?: number, limits: Limits = {}): Fed {
  const session = Session.server({ settings: serverSettings, limits })
  const told: Told[] = []
  const requests: number[] = []
  for (let at = 0; at < bytes.length; at += size) {
    let rest: Uint8Array | undefined = bytes.slice(at, at + size)
    while (rest) {
      const before = told.length
      const left: Uint8Array | undefined = session.feed(rest, noting(told), 0, mostRequests)
      requests.push(requestsIn(told.slice(before)))
      if (left) expect(left.length).toBeLessThan(rest.length)
      rest = left
    }
  }
  const failure = session.failure?.code
  session.dispose()
  return { told, requests, failure }
}

const ids = Array.from({ length: 20 }, (_, i) => 2 * i + 1)
const twenty = join(hello(), ...ids.map((id) => get(id)))

describe('requests, so many at a time', () => {
  it('without a limit all of them', () => {
    expect(feed(twenty, twenty.length).requests).toEqual([20])
  })

  it('seven', () => {
    const { requests, told } = feed(twenty, twenty.length, 7)
    // Each call ends in a block: its request counts to the next, which takes seven more.
    expect(requests).toEqual([7, 8, 5])
    expect(told).toEqual(feed(twenty, twenty.length).told)
  })

  it('one, and none', () => {
    expect(feed(twenty, twenty.length, 1).told).toEqual(feed(twenty, twenty.length).told)
    expect(feed(twenty, twenty.length, 0).told).toEqual(feed(twenty, twenty.length).told)
  })

  it('as many as there are: nothing is left', () => {
    const session = Session.server()
    expect(session.feed(twenty, noting([]), 0, 20)).toBeUndefined()
  })

  it('a block of one field, with which the input ends, is complete', () => {
    // A request without a path is malformed: its stream is reset, now and not with the next bytes.
    const lonely = join(hello(), get(1), headers(3, Uint8Array.of(0x82), END_STREAM))
    const { told, requests } = feed(lonely, lonely.length, 1)
    expect(requests).toEqual([1])
    expect(told).toEqual(feed(lonely, lonely.length).told)
    expect(told.at(-1)![0]).toBe('frameInvalid')
  })
})

describe('limits change nothing of what is told', () => {
  const size = fc.integer({ min: 1, max: 50_000 })
  const most = fc.nat(5)

  it('requests on streams in any order', () => {
    const streams = fc.array(fc.nat(9), { maxLength: 12 })
    fc.assert(
      fc.property(streams, most, (numbers, mostRequests) => {
        const bytes = join(hello(), ...numbers.map((number) => get(2 * number + 1)))
        const limited = feed(bytes, bytes.length, mostRequests)
        const { told, failure } = feed(bytes, bytes.length)
        expect({ told: limited.told, failure: limited.failure }).toEqual({ told, failure })
      }),
      { numRuns: 300 },
    )
  })

  it('a queue of frames to send beyond its limit', () => {
    // Each has no :path: its stream is reset.
    const malformed = ids.map((id) => headers(id, Uint8Array.of(0x82), END_STREAM))
    const bytes = join(hello(), ...malformed)
    const limits = { maxOutboundQueue: 10 }
    const { told } = feed(bytes, bytes.length, undefined, limits)
    expect(requestsIn(told)).toBe(0)
    expect(told.filter(([name]) => name === 'frameInvalid').length).toBeLessThan(15)
    for (const mostRequests of [0, 1, 5, 12]) {
      expect(feed(bytes, bytes.length, mostRequests, limits).told).toEqual(told)
    }
  })

  it('a recorded connection, cut anywhere', () => {
    fc.assert(
      fc.property(size, most, (cut, mostRequests) => {
        expect(feed(up, cut, mostRequests)).toMatchObject({
          ...feed(up, cut),
          requests: expect.anything(),
        })
      }),
      { numRuns: 100 },
    )
  })

  it('nor of a mutated one', () => {
    fc.assert(
      fc.property(mutations, size, most, (changes, cut, mostRequests) => {
        const bytes = mutate(up, changes)
        const { told, failure } = feed(bytes, cut, mostRequests)
        expect({ told, failure }).toEqual({
          told: feed(bytes, cut).told,
          failure: feed(bytes, cut).failure,
        })
      }),
      { numRuns: 500 },
    )
  })
})
