import { expect, it } from 'vitest'
import { describeProgram, type ProgramServer } from '../support/program-server.ts'
import { cutOff, forProtocols, type Protocol, refused as refusal } from '../support/protocols.ts'

/** A misbehaving handler ends its own stream, with one report; other streams of the connection go on. */

const INTERNAL_ERROR = 2

/** Cases before anything was sent: the client gets 500. */
const refused = [
  '/throws',
  '/throws-undefined',
  '/rejects',
  '/thenable-rejects',
  '/thenable-throws',
  '/then-getter-throws',
  '/returns-nothing',
  '/returns-a-string',
  '/returns-a-number',
  '/returns-a-symbol',
  '/returns-an-object',
  '/returns-a-throwing-proxy',
  '/status-getter-throws',
  '/headers-getter-throws',
  '/body-locked',
  '/iterator-throws',
  '/body-is-transferred-before',
]

/** Cases in the middle of a response: the stream is reset, or the connection of HTTP/1.1 ends. */
const reset = [
  '/next-gives-a-number',
  '/next-throws',
  '/value-getter-throws',
  '/value-is-a-number',
  '/async-next-rejects',
  '/async-next-gives-junk',
  '/async-next-thenable-rejects',
  '/stream-errors',
  '/stream-of-numbers',
  '/pull-gives-junk',
  '/pull-throws',
  '/pull-rejects',
  '/pull-thenable-rejects',
  '/generator-throws-late',
  '/stream-errors-late',
  '/pull-throws-late',
  '/trailers-throw',
  '/trailers-reject',
  '/trailers-are-junk',
  '/chunk-is-transferred-before',
]

/** A body that has changed while it waits for a window. HTTP/1.1 has none: all of it is with the system by then. */
const changed = ['/body-is-transferred-after', '/chunk-is-transferred-after']
const isLate = (path: string, protocol: Protocol): boolean =>
  protocol === 'HTTP/1.1' && changed.includes(path)

const suite = forProtocols<ProgramServer>(({ server, protocol, connect }) => {
  /** Sends one request beside another client, and gives its result. */
  async function ask(path: string, port = server.port, body?: string) {
    const before = server.reports().length
    await using client = await connect(port)
    await using other = await connect(port)
    const init = body === undefined ? {} : { body }
    const answer = await client.request(path, init)
    const again = await client.get('/ok')
    const beside = await other.get('/ok')
    expect([again.text, beside.text]).toEqual(['fine', 'fine'])
    await expect.poll(() => server.reports().length - before).toBeGreaterThanOrEqual(0)
    return { answer, reports: () => server.reports().slice(before) }
  }

  it.each(refused)('%s: 500, and one report', async (path) => {
    const { answer, reports } = await ask(path)
    expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error', errorCode: 0 })
    expect(reports()).toMatchObject([{ source: 'handler', streamId: 1 }])
  })

  it.each([...reset, ...changed].filter((path) => !isLate(path, protocol)))(
    '%s: the response is cut off, and one report',
    async (path) => {
      const { answer, reports } = await ask(path)
      expect(answer.errorCode).toBe(cutOff(protocol, INTERNAL_ERROR))
      expect(reports()).toMatchObject([{ source: 'handler', streamId: 1 }])
    },
  )

  it.each(['/chunk-is-transferred-before', ...changed].filter((path) => !isLate(path, protocol)))(
    '%s: the report says what happened',
    async (path) => {
      const { reports } = await ask(path)
      expect(reports()).toMatchObject([{ code: 'ERR_BODY_CHANGED' }])
    },
  )

  it.each([
    ['/views', 'abcdefgh'],
    ['/foreign-promise', 'foreign'],
    ['/short-body-is-transferred-after', 'a'.repeat(100)],
  ])('%s is served', async (path, text) => {
    const { answer, reports } = await ask(path)
    expect(answer.text).toBe(text)
    expect(reports()).toEqual([])
  })

  it.each(['/error-throws', '/error-rejects', '/error-gives-junk'])(
    '%s: 500, and one report of each error',
    async (path) => {
      const port = Number((await server.line('listening'))['withError'])
      const { answer, reports } = await ask(path, port)
      expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error', errorCode: 0 })
      expect(reports()).toHaveLength(2)
      for (const report of reports())
        expect(report).toMatchObject({ source: 'handler', streamId: 1 })
      expect(reports().map(({ message }) => message)).toContain(path)
    },
  )

  it.each(['/log-throws', '/log-rejects'])(
    '%s: the answer is sent, and one report',
    async (path) => {
      const { answer, reports } = await ask(path)
      expect(answer).toMatchObject({ status: 200, text: 'fine', errorCode: 0 })
      await expect.poll(() => reports().length).toBe(1)
      expect(reports()).toMatchObject([{ source: 'handler', streamId: 1 }])
    },
  )

  it.each(changed.filter((path) => isLate(path, protocol)))('%s is served', async (path) => {
    const { answer, reports } = await ask(path)
    expect(answer).toMatchObject({ status: 200, errorCode: 0 })
    expect(answer.body).toHaveLength(100 * 1024)
    expect(reports()).toEqual([])
  })

  it.each(['/empty-for-ever', '/empty-for-ever-async', '/cancel-throws', '/return-rejects'])(
    '%s does not keep others waiting, and ends with its client',
    async (path) => {
      const before = server.reports().length
      await using client = await connect()
      const stream = client.open(path, {}, true)
      stream.on('error', () => {})
      await new Promise((resolve) => stream.once('response', resolve))
      for (let i = 0; i < 20; i++) expect((await client.get('/ok')).text).toBe('fine')
      stream.close(8)
      for (let i = 0; i < 20; i++) expect((await client.get('/ok')).text).toBe('fine')
      // The connection of HTTP/1.1 is reset by its client, which is reported.
      const ofHandlers = server
        .reports()
        .slice(before)
        .filter(({ source }) => source === 'handler')
      expect(ofHandlers).toEqual([])
    },
  )

  it.each([
    ['/constructor-throws', INTERNAL_ERROR, 1],
    ['/constructor-gives-junk', INTERNAL_ERROR, 2],
    ['/headers-throw', INTERNAL_ERROR, 1],
    ['/data-rejects', INTERNAL_ERROR, 1],
    ['/data-thenable-throws', INTERNAL_ERROR, 1],
    ['/done-throws', INTERNAL_ERROR, 1],
    ['/close-throws', 0, 1],
    ['/close-rejects', 0, 1],
    ['/headers-reject-later', 0, 0],
  ])('a handler of HTTP2Server, %s', async (path, errorCode, count) => {
    const port = Number((await server.line('listening'))['handlers'])
    const { answer, reports } = await ask(path, port, 'a body')
    const expected = errorCode === 0 ? { errorCode } : refusal(protocol, errorCode)
    expect(answer).toMatchObject(expected)
    await expect.poll(() => reports().length).toBe(count)
    for (const report of reports()) expect(report).toMatchObject({ source: 'handler', streamId: 1 })
  })

  it('no rejection or exception was left to the process', async () => {
    await using client = await connect()
    expect((await client.get('/uncaught')).text).toBe('0')
    expect(server.lines().filter(({ event }) => event === 'uncaught')).toEqual([])
  })
})

describeProgram('test/abuse/fixture/misbehaving.ts', 'handlers', suite)
