/** The same events however the bytes are cut, and what a session costs. */
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/engine/engine.ts'
import { HTTP1Session } from '../../../src/engine/http1/http1-session.ts'
import { IgnoringSink } from '../../../src/engine/ignoring-sink.ts'
import { bytesOf, eventsOf, normalised } from '../../support/engine/http1.ts'

const conversations: Readonly<Record<string, string>> = {
  pipelined:
    'GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nCookie: a=b\r\n\r\n' +
    'POST /b?c HTTP/1.1\r\nHost:  a.example:80 \r\nContent-Length: 5\r\nX-Empty:\r\n\r\nhello' +
    'GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n',
  chunked:
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n' +
    '5;a=b;c="d"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1 \r\nX-Other: \r\n\r\n' +
    '\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'refused in the head':
    'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'refused in the body':
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n',
  'HTTP/1.0': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n',
}

/** Notes the numbers of the requests. */
class Counting extends IgnoringSink {
  readonly #ids: number[]

  constructor(ids: number[]) {
    super()
    this.#ids = ids
  }

  override headers(id: number): void {
    this.#ids.push(id)
  }
}

describe('input that is cut', () => {
  it.each(Object.entries(conversations))('in two, anywhere: %s', (_, text) => {
    const whole = normalised(eventsOf([text]))
    for (let at = 1; at < text.length; at++) {
      expect(normalised(eventsOf([text.slice(0, at), text.slice(at)])), `at ${at}`).toEqual(whole)
    }
  })

  it.each(Object.entries(conversations))('into bytes: %s', (_, text) => {
    expect(normalised(eventsOf([...text]))).toEqual(normalised(eventsOf([text])))
  })

  it('costs memory only while a head is incomplete', () => {
    const engine = new Engine()
    const before = engine.memoryUsage().used
    const session = HTTP1Session.server({ engine })
    const atRest = engine.memoryUsage().used - before
    expect(atRest).toBeLessThan(1024)
    session.receive(bytesOf('GET / HTTP/1.1\r\nHost: a\r\nX: '))
    expect(engine.memoryUsage().used - before).toBeGreaterThan(atRest)
    session.receive(bytesOf('y\r\n\r\n'))
    session.receive(bytesOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    expect(engine.memoryUsage().used - before).toBe(atRest)
    session.receive(bytesOf('GET / HTTP/1.1\r\nHost: a\r\nX: '))
    session.dispose()
    expect(engine.memoryUsage().used).toBe(before)
  })

  it('tells a head that repeats as it came, whatever a sink did to the fields before', () => {
    const told: string[] = []
    class Changing extends IgnoringSink {
      override headers(_id: number, _category: number, _flags: number, fields: string[]): void {
        told.push(fields.join())
        fields.length = 0
      }
    }
    const text = 'GET /repeated HTTP/1.1\r\nHost: a\r\nX-Own: b\r\n\r\n'
    for (let i = 0; i < 2; i++) {
      const session = HTTP1Session.server()
      for (let n = 0; n < 3; n++) session.feed(bytesOf(text), new Changing())
      session.dispose()
    }
    expect(told).toHaveLength(6)
    expect(new Set(told).size).toBe(1)
    expect(told[0]).toContain('x-own,b')
  })

  it('stops behind as many messages as it is told to', () => {
    const session = HTTP1Session.server()
    const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const ids: number[] = []
    const sink = new Counting(ids)
    let rest: Uint8Array | undefined = bytesOf(text.repeat(5))
    rest = session.feed(rest, sink, 2)
    expect([ids.length, rest?.length]).toEqual([2, 3 * text.length])
    rest = session.feed(rest!, sink, 16)
    expect([ids, rest]).toEqual([[1, 2, 3, 4, 5], undefined])
  })

  it('stops behind a request for another protocol', () => {
    const session = HTTP1Session.server()
    const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
    const ids: number[] = []
    const sink = new Counting(ids)
    const rest = session.feed(bytesOf(`${upgrade}\x01\x02`), sink)
    expect([ids, rest, session.isUpgrade]).toEqual([[1], Uint8Array.of(1, 2), true])
    session.resume()
    expect(session.feed(bytesOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), sink)).toBeUndefined()
    expect(ids).toEqual([1, 2])
  })
})
