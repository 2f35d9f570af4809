/** What a session of HTTP/1.1 writes, and that the other side reads the same. */
import { describe, expect, it } from 'vitest'
import { HTTP1Session } from '../../../src/engine/http1/http1-session.ts'
import { bytesOf, normalised, textOf } from '../../support/engine/http1.ts'

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A server that has received these requests. */
function serverOf(text: string = request): HTTP1Session {
  const session = HTTP1Session.server()
  session.receive(bytesOf(text))
  return session
}

function sentBy(session: HTTP1Session): string {
  return textOf(session.bytesToSend())
}

describe('a response', () => {
  it('that is short has its length', () => {
    const server = serverOf()
    server.submitResponse(
      [
        [':status', '200'],
        ['X-A', 'b'],
      ],
      { body: 'body' },
    )
    expect(sentBy(server)).toBe('HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 4\r\n\r\nbody')
  })

  it('that repeats is written the same, and another is not taken for it', () => {
    const responses = [0, 0, 1, 0].map((n) => {
      const server = serverOf()
      const fields: [string, string][] = [
        [':status', '200'],
        ['content-length', '4'],
        ['x', `${n}`],
      ]
      server.submitResponse(fields, { body: 'body' })
      return sentBy(server)
    })
    expect(responses[0]).toBe('HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx: 0\r\n\r\nbody')
    expect(responses.map((text) => /x: (.)/.exec(text)![1])).toEqual(['0', '0', '1', '0'])
  })

  it('whose end comes later is chunked', () => {
    const server = serverOf()
    server.submitResponse([[':status', '200']], { endStream: false })
    server.sendData(bytesOf('abc'))
    server.sendData(new Uint8Array())
    server.sendData(bytesOf('d'), true)
    expect(sentBy(server)).toMatch(/chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n$/)
  })

  it('to HTTP/1.0 ends with the connection', () => {
    const server = serverOf('GET / HTTP/1.0\r\n\r\n')
    server.submitResponse([[':status', '200']], { endStream: false })
    server.sendData(bytesOf('abc'), true)
    expect(sentBy(server)).toBe('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc')
    expect(server.isClosing).toBe(true)
  })

  it('to HEAD, and of 204 and 304, has no body', () => {
    const head = serverOf(request.replace('GET', 'HEAD'))
    head.submitResponse(
      [
        [':status', '200'],
        ['content-length', '4'],
      ],
      { body: 'body' },
    )
    expect(sentBy(head)).toBe('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n')
    for (const status of ['204', '304']) {
      const server = serverOf()
      server.submitResponse([[':status', status]], { body: 'body' })
      expect(sentBy(server)).toMatch(/^HTTP\/1\.1 \d{3} [\w ]+\r\n\r\n$/)
    }
  })

  it('has trailers where the request takes them', () => {
    for (const [fields, end] of [
      ['TE: trailers\r\n', '0\r\nx: y\r\n\r\n'],
      ['', '0\r\n\r\n'],
    ]) {
      const server = serverOf(request.replace('\r\n\r\n', `\r\n${fields}\r\n`))
      server.submitResponse([[':status', '200']], { endStream: false })
      server.submitTrailers([['x', 'y']])
      expect(sentBy(server).endsWith(`\r\n\r\n${end}`)).toBe(true)
    }
  })

  it('keeps characters beyond ASCII a byte each', () => {
    const server = serverOf()
    server.submitResponse([
      [':status', '200'],
      ['x', `\xe9${'a'.repeat(60)}`],
    ])
    expect(sentBy(server)).toContain(`x: \xe9${'a'.repeat(60)}\r\n`)
  })

  it.each([
    ['a line end in a value', [['x', 'a\r\nset-cookie: b']], 'ERR_INVALID_FIELD_VALUE'],
    ['a NUL in a value', [['x', 'a\0']], 'ERR_INVALID_FIELD_VALUE'],
    ['a character beyond a byte', [['x', '\u{1f600}']], 'ERR_INVALID_FIELD_VALUE'],
    ['a line end in a name', [['x\r\ny', 'a']], 'ERR_INVALID_FIELD_NAME'],
    ['a pseudo-header field', [[':path', '/']], 'ERR_INVALID_FIELD_NAME'],
    ['a length that is none', [['content-length', 'four']], 'ERR_INVALID_FIELD_VALUE'],
    ['a length that lies', [['content-length', '3']], 'ERR_CONTENT_LENGTH'],
  ])('with %s throws, and writes nothing', (_, fields, code) => {
    const server = serverOf()
    const all = [[':status', '200'], ...fields] as [string, string][]
    expect(() => server.submitResponse(all, { body: 'body' })).toThrow(
      expect.objectContaining({ code }),
    )
    expect(sentBy(server)).toBe('')
    server.submitResponse([[':status', '200']], { body: 'body' })
    expect(sentBy(server)).toMatch(/body$/)
  })

  it('without a request throws', () => {
    const server = HTTP1Session.server()
    expect(() => server.submitResponse([[':status', '200']])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
    )
  })

  it('of a body that was transferred before it was sent throws', () => {
    const server = serverOf()
    const body = new Uint8Array(100_000)
    server.submitResponse([[':status', '200']], { body })
    structuredClone(body, { transfer: [body.buffer] })
    expect(() => sentBy(server)).toThrow(expect.objectContaining({ code: 'ERR_BODY_CHANGED' }))
  })
})

describe('a client', () => {
  const head: [string, string][] = [
    [':method', 'GET'],
    [':authority', 'a'],
    [':path', '/b'],
  ]

  it('asks, and reads the response', () => {
    const client = HTTP1Session.client()
    const server = HTTP1Session.server()
    client.submitRequest([...head, ['x', 'y']])
    const [asked] = server.receive(client.bytesToSend())
    expect(asked).toMatchObject({ type: 'RequestReceived', endStream: true })
    server.submitInformational([
      [':status', '103'],
      ['link', 'z'],
    ])
    server.submitResponse([[':status', '200']], { endStream: false })
    server.sendData(bytesOf('abc'), true)
    expect(normalised(client.receive(server.bytesToSend()))).toMatchObject([
      { type: 'InformationalReceived', streamId: 1 },
      { type: 'ResponseReceived', streamId: 1, endStream: false },
      { text: 'abc' },
      { type: 'StreamEnded', streamId: 1 },
    ])
  })

  it('knows that a response to HEAD has no body', () => {
    const client = HTTP1Session.client()
    client.submitRequest([[':method', 'HEAD'], ...head.slice(1)])
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
    const events = client.receive(bytesOf(response + response.replace('9', '2') + 'ab'))
    expect(events.map(({ type, streamId }) => `${type} ${streamId}`)).toEqual([
      'ResponseReceived 1',
      'StreamEnded 1',
      'ResponseReceived 2',
      'DataReceived 2',
      'StreamEnded 2',
    ])
  })

  it('knows it behind 1xx responses too, which have no body whatever their fields say', () => {
    const client = HTTP1Session.client()
    client.submitRequest([[':method', 'HEAD'], ...head.slice(1)])
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    const unknown = 'HTTP/1.1 150 Unknown\r\nContent-Length: 3\r\n\r\n'
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
    const events = client.receive(bytesOf(hints + unknown + response + response))
    expect(events.map(({ type, streamId }) => `${type} ${streamId}`)).toEqual([
      'InformationalReceived 1',
      'InformationalReceived 1',
      'ResponseReceived 1',
      'StreamEnded 1',
      'ResponseReceived 2',
    ])
  })

  it('reads a body to the end of the connection, and tells one that was cut off', () => {
    const client = HTTP1Session.client()
    client.submitRequest(head)
    expect(client.receive(bytesOf('HTTP/1.1 200 OK\r\n\r\nabc'))).toHaveLength(2)
    expect(client.finished()).toMatchObject([{ type: 'StreamEnded' }])
    const other = HTTP1Session.client()
    other.submitRequest(head)
    other.receive(bytesOf('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'))
    expect(other.finished()).toMatchObject([
      { type: 'MessageRefused', code: 'ERR_HTTP1_INCOMPLETE' },
    ])
  })

  it.each([
    ['a\r\nb', '/'],
    ['GET', '/ HTTP/1.1\r\nx: y'],
    ['GET', 'a b'],
  ])('does not send %j %j', (method, path) => {
    const client = HTTP1Session.client()
    const fields: [string, string][] = [
      [':method', method],
      [':authority', 'a'],
      [':path', path],
    ]
    expect(() => client.submitRequest(fields)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_MESSAGE' }),
    )
  })
})
