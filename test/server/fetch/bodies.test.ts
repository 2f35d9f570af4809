// Bodies of responses: their lengths, and what their chunks are.
import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { describeProtocols, until } from '../../support/fetch-suite.ts'

const known = ['null', 'text', 'empty text', 'long text', 'bytes', 'buffer']
  .concat(['large bytes', 'part of large bytes', 'large buffer'])
  .concat(['Blob', 'large Blob', 'URLSearchParams'])

/** Those of a response of the runtime's own, or of a clone: a Blob is a stream there that tells its length only by its end. */
const atHand = known.filter((name) => !name.includes('Blob'))

const lengths: Readonly<Record<string, readonly string[]>> = {
  Response: known,
  FastResponse: known,
  Taken: atHand,
  subclass: atHand,
  clone: known,
  'clone of a clone': known,
  cloned: known,
  'clone of FastResponse': atHand,
  'fields were set': known,
  'fields were set, clone': atHand,
  'its body, in another': atHand,
}

const bytes = [
  'text',
  'a Uint8Array',
  'another realm',
  'a buffer of another realm',
  'a DataView',
].concat(['an ArrayBuffer', 'a Float32Array'])
const others = ['a number', 'an object', 'an array', 'null', 'undefined', 'a Blob', 'a symbol']
const ways = ['how=Response', 'how=Taken', 'how=read', 'how=push', 'how=fast', 'how=fast&trailers']
  .concat(['how=fast&source=generator', 'how=fast&source=async generator'])
  .concat('how=fast&source=pull function')

describeProtocols('fetch: bodies', ({ server, protocol, connect }) => {
  const waysOf = protocol === 'HTTP/2' ? ways : ways.filter((way) => way !== 'how=push')
  for (const [make, names] of Object.entries(lengths)) {
    it(`a length that is known is said: ${make}`, async () => {
      await using client = await connect()
      for (const name of names) {
        // Bun's own have long bytes in several pieces.
        if (server.runtime === 'bun' && names === atHand && /large|long/.test(name)) continue
        const query = new URLSearchParams({ make, body: name })
        const answer = await client.get(`/bodies/known?${query}`)
        expect({ name, status: answer.status }).toEqual({ name, status: 200 })
        const { 'content-length': length } = answer.headers
        expect({ name, length }).toEqual({ name, length: String(answer.body.length) })
      }
    })
  }

  it.each(waysOf)('chunks that are bytes: %s', async (way) => {
    for (const chunk of bytes) {
      await using client = await connect()
      const answer = await client.get(`/bodies/chunk?${encodeURI(way)}&chunk=${encodeURI(chunk)}`)
      const pushed = await client.pushes[0]?.answer
      const text = (pushed ?? answer).text
      expect([chunk, text]).toEqual([chunk, chunk === 'a Float32Array' ? 'bytes123' : 'bytes'])
      expect(answer.errorCode).toBe(constants.NGHTTP2_NO_ERROR)
      if (way.includes('trailers')) expect(answer.trailers).toMatchObject({ 'x-end': '1' })
    }
  })

  it.each(waysOf)('chunks that are none: %s', async (way) => {
    for (const chunk of others) {
      // Of a pull function that is none at all.
      if (way.endsWith('function') && (chunk === 'null' || chunk === 'undefined')) continue
      await using client = await connect()
      const count = (): number => server.lines().filter(({ event }) => event === 'error').length
      const before = count()
      const path = `/bodies/chunk?${encodeURI(way)}&chunk=${encodeURI(chunk)}`
      const answer = await client.get(path)
      const ended = (await client.pushes[0]?.answer) ?? answer
      await until(() => count() > before)
      const { code } = server.lines().findLast(({ event }) => event === 'error')!
      expect([chunk, code]).toEqual([chunk, 'ERR_INVALID_BODY'])
      // Before anything is sent another response can be.
      const isRefused = ended.status === 500 || ended.errorCode !== constants.NGHTTP2_NO_ERROR
      expect([chunk, isRefused, ended.text.includes('bytes')]).toEqual([chunk, true, false])
    }
  })

  it.each(['Response', 'FastResponse'])('one content-length is sent: %s', async (make) => {
    await using client = await connect()
    for (const how of ['equal', 'joined', 'equal&stream', 'joined&stream']) {
      const answer = await client.get(`/bodies/lengths?make=${make}&how=${how}`)
      expect(answer).toMatchObject({ status: 200, text: 'four', errorCode: 0 })
      expect(answer.fields.filter(([name]) => name === 'content-length')).toEqual([
        ['content-length', '4'],
      ])
    }
  })

  it.each(['Response', 'FastResponse'])('two that differ are a 500: %s', async (make) => {
    await using client = await connect()
    for (const how of ['different', 'joined, different', 'no number', 'different&stream']) {
      const answer = await client.get(`/bodies/lengths?make=${make}&how=${encodeURI(how)}`)
      expect(answer).toMatchObject({ status: 500, errorCode: 0 })
      await server.line('error', 'ERR_INVALID_FIELD_VALUE')
    }
  })

  it('cookies that a Headers has joined are sent apart', async () => {
    await using client = await connect()
    const { fields } = await client.get('/bodies/joined-cookies')
    expect(fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/',
      'b="2, 3"; Secure',
      '__Host-c=x=y',
    ])
  })
})
