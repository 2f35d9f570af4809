/** A request names its resource once: what two programs would read in two ways is refused before a handler sees it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { describeHandlers } from '../../support/protocols.ts'
import { RawHttp1, statusesIn } from '../../support/raw-http1.ts'
import { describeServers } from '../../support/server.ts'
import { encodeFrame, END_HEADERS, END_STREAM, RawClient, Type } from '../../support/raw-client.ts'

type Field = [name: string, value: string]

/** Two names that disagree. */
const disagreeing: Record<string, Field[]> = {
  'another host': [
    [':authority', 'a.example'],
    ['host', 'b.example'],
  ],
  'another port': [
    [':authority', 'a.example:1'],
    ['host', 'a.example:2'],
  ],
  'another host, behind other fields': [
    [':authority', 'a.example'],
    ['accept', '*/*'],
    ['x-a', 'b'],
    ['host', 'b.example'],
  ],
}

const bad: Record<string, Field[]> = {
  userinfo: [[':authority', 'user@a.example']],
  'userinfo in the Host field': [['host', 'user:password@a.example']],
  'a path': [[':authority', 'a.example/admin']],
  'a path and a query in the Host field': [['host', 'good.example/admin?x=']],
  'a query': [[':authority', 'a.example?x']],
  'a fragment': [[':authority', 'a.example#x']],
  'two names': [[':authority', 'a.example,b.example']],
  'two names in the Host field': [['host', 'a.example,b.example']],
  'percent-encoding': [[':authority', 'a%2eexample']],
  'a backslash': [[':authority', 'a.example\\b']],
  'a port beyond 65535': [[':authority', 'a.example:65536']],
  'a port that is no number': [[':authority', 'a.example:http']],
  'half of an address': [[':authority', '[::1']],
  'bytes beyond ASCII': [['host', 'Ã¤.example']],
}

const good: Record<string, Field[]> = {
  'the same host twice': [
    [':authority', 'a.example'],
    ['host', 'a.example'],
  ],
  'in another case': [
    [':authority', 'a.example'],
    ['host', 'A.EXAMPLE'],
  ],
  'with the port that the scheme has anyway': [
    [':authority', 'a.example'],
    ['host', 'a.example:80'],
  ],
  'the Host field alone': [['host', 'a.example:8080']],
  'an address': [[':authority', '[2001:db8::1]:8080']],
  'four numbers': [[':authority', '127.0.0.1:1']],
  'an underscore': [[':authority', 'my_host']],
}

const badPaths = ['/a#b', '/#', '/a?b#c', '/a"b', '/<a>', '/a\\b', '/..\\..\\etc']
const goodPaths = [
  '/variables?a={"b":1}'.replaceAll('"', '%22'),
  '/variables?a|b^c`d[e]',
  '/variables?a\\b',
  '/variables?{"a":"<b>"}',
  "/variables?it's",
  '/variables?%zz',
]

describeHandlers('the resource of a request', ({ server, protocol }) => {
  const statusOf = protocol === 'HTTP/2' ? statusByHttp2 : statusByHttp1

  /** The status of the answer; a stream that is reset has none. */
  async function statusByHttp2(fields: Field[], path = '/variables'): Promise<string | undefined> {
    await using client = await RawClient.connect(server)
    const [pseudo, others] = [true, false].map((isPseudo) =>
      fields.filter(([name]) => name.startsWith(':') === isPseudo),
    ) as [Field[], Field[]]
    const head: Field[] = [[':method', 'GET'], [':scheme', 'http'], ...pseudo, [':path', path]]
    client.headers(1, [...head, ...others], END_HEADERS | END_STREAM)
    const frame = await client.next(
      ({ type, streamId }) => streamId === 1 && (type === Type.HEADERS || type === Type.RST_STREAM),
    )
    expect(await client.isAlive()).toBe(true)
    return frame.fields.find(([name]) => name === ':status')?.[1]
  }

  /** `:authority` is the Host field, and beside a Host field that of the absolute form. */
  async function statusByHttp1(fields: Field[], path = '/variables'): Promise<string | undefined> {
    const authority = fields.find(([name]) => name === ':authority')?.[1]
    const others = fields.filter(([name]) => name !== ':authority')
    const hasHost = others.some(([name]) => name === 'host')
    const isAbsolute = authority !== undefined && hasHost
    if (authority !== undefined && !hasHost) others.push(['host', authority])
    const target = isAbsolute ? `http://${authority}${path}` : path
    const lines = [...others, ['connection', 'close']].map(([name, value]) => `${name}: ${value}`)
    const text = `GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
    return String(statusesIn(await RawHttp1.talk(server.port, text))[0])
  }

  it.each(Object.entries(bad))('is refused with 400: %s', async (_, fields) => {
    // Some of it is refused by nghttp2, which resets the stream.
    expect(['400', undefined]).toContain(await statusOf(fields))
  })

  it('is refused with 400, and not by a reset: two names in the Host field', async () => {
    expect(await statusOf(bad['two names in the Host field']!)).toBe('400')
  })

  it.each(Object.entries(disagreeing))('is in doubt: %s', async (_, fields) => {
    // The Host field beside the absolute form is ignored (RFC 9112 §3.2.2): there is no doubt by HTTP/1.1.
    expect(await statusOf(fields)).toBe(protocol === 'HTTP/2' ? '400' : '200')
  })

  it.each(Object.entries(good))('is taken: %s', async (_, fields) => {
    expect(await statusOf(fields)).toBe('200')
  })

  it.each(badPaths)('is refused with 400: the path %s', async (path) => {
    expect(await statusOf([[':authority', 'localhost']], path)).toBe('400')
  })

  it.each(goodPaths)('is taken: the path %s', async (path) => {
    expect(await statusOf([[':authority', 'localhost']], path)).toBe('200')
  })
})

describeServers(
  'the resource of a request that upgrades to h2c',
  (server) => {
    const settings = Buffer.alloc(0).toString('base64url')

    /** The answer on stream 1. */
    async function upgrade(host: string): Promise<string | undefined> {
      const socket = connect(server.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(
        `GET /variables HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
          `Upgrade: h2c\r\nHTTP2-Settings: ${settings}\r\n\r\n`,
      )
      const [first] = (await once(socket, 'data')) as [Buffer]
      if (!first.toString('latin1').startsWith('HTTP/1.1 101')) {
        socket.destroy()
        return first.toString('latin1').split(' ')[1]
      }
      await using client = new RawClient(socket)
      socket.unshift(first.subarray(first.indexOf('\r\n\r\n') + 4))
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      socket.write(encodeFrame(Type.SETTINGS, 0, 0, Buffer.alloc(0)))
      const { fields } = await client.nextOf(Type.HEADERS, 1)
      return fields.find(([name]) => name === ':status')?.[1]
    }

    it.each([
      'good.example/admin?x=',
      'user@a.example',
      'a.example,b.example',
      'a b',
      'a.example:99999',
    ])('is refused: Host: %s', async (host) => {
      expect(['400', '505']).toContain(await upgrade(host))
    })

    it.each(['a.example', '127.0.0.1:8080', '[::1]'])('is taken: Host: %s', async (host) => {
      expect(await upgrade(host)).toBe('200')
    })
  },
  ['cleartext'],
)

describeServers('a cookie in crumbs', (server) => {
  const crumbs = (count: number, length: number): Field[] =>
    Array.from({ length: count }, (_, i) => ['cookie', `c${i}=${'x'.repeat(length)}`])

  it('is one field, however many there are', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/variables', crumbs(125, 3))
    client.get(3, '/variables', crumbs(500, 3))
    for (const id of [1, 3]) {
      const { fields } = await client.nextOf(Type.HEADERS, id)
      expect(fields[0]).toEqual([':status', '200'])
    }
  })

  it('has its bytes counted in full', async () => {
    const port = await server.open({ limits: { maxHeaderListSize: 10_000 } })
    await using client = await RawClient.connect(server, [], port)
    client.get(1, '/variables', crumbs(100, 50))
    client.get(3, '/variables', crumbs(120, 50))
    const statuses = [1, 3].map(
      async (id) => (await client.nextOf(Type.HEADERS, id)).fields[0]?.[1],
    )
    expect(await Promise.all(statuses)).toEqual(['200', '431'])
    await server.close(port)
  })
})
