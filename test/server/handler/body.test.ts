import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { cutOff, describeHandlers, requestByHand } from '../../support/protocols.ts'
import { newTag } from '../../support/server.ts'

/** The received body, and whether the response had `content-length`. */
const bodies: readonly (readonly [type: string, text: string, hasLength: boolean])[] = [
  ['null', '', true],
  ['undefined', '', true],
  ['empty string', '', true],
  ['string', 'Gr\u00fc\u00dfe, \u4e16\u754c \u{1f44b}', true],
  ['bytes', 'some bytes', true],
  ['a buffer', 'an ArrayBuffer', true],
  ['a view', 'a view', true],
  ['a part of a view', 'a part', true],
  ['a Blob', 'a Blob', true],
  ['a large string', 'x'.repeat(3 << 20), true],
  ['large bytes', 'y'.repeat(5 << 20), true],
  ['a ReadableStream', 'one two three', false],
  ['a byte stream', 'one two three', false],
  ['an empty stream', '', false],
  ['an array', 'one two three', false],
  ['an empty array', '', false],
  ['a generator', 'one two three', false],
  ['an async generator', 'one two three', false],
  ['a pull function', 'one two three', false],
  ['an async pull function', 'one two three', false],
  ['a pull function that defers', 'one two three', false],
  ['an async pull function that defers', 'one two three', false],
  ['a pull function resumed at once', 'one two three', false],
  ['an async pull function resumed too early', 'one two three', false],
  ['a pull function of no bytes', '', false],
  ['a pull function of large pieces', 'z'.repeat(2 << 20), false],
]

const broken = [
  'an async generator',
  'a generator',
  'a ReadableStream',
  'a pull function',
  'an async pull function',
  'a chunk of the wrong type',
]

const endless = [
  'an async generator',
  'a generator',
  'a ReadableStream',
  'a ReadableStream that waits',
  'a generator that fails to stop',
]

describeHandlers('bodies of responses by a handler', ({ server, protocol, connect }) => {
  it.each(bodies)('%s', async (type, text, hasLength) => {
    await using client = await connect()
    const answer = await client.get(`/body?type=${encodeURIComponent(type)}`)
    expect(answer).toMatchObject({ status: 200, errorCode: 0 })
    expect(answer.text === text ? text : answer.text.slice(0, 100)).toBe(text)
    const length = hasLength ? String(Buffer.byteLength(text)) : undefined
    expect(answer.headers['content-length']).toBe(length)
  })

  describe('that fail after their first piece', () => {
    it.each(broken)('%s', async (type) => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.get(`/broken?type=${encodeURIComponent(type)}&tag=${tag}`)
      expect(answer.errorCode).toBe(cutOff(protocol, 2))
      expect(await server.line('close', tag)).toMatchObject({ errorCode: 2 })
      if (type === 'a chunk of the wrong type') await server.line('cancelled', tag)
      else {
        await server.line('error', `thrown for ${tag}`)
        expect((await client.get('/')).status).toBe(200)
        const reports = server.lines().filter(({ message }) => message === `thrown for ${tag}`)
        expect(reports).toHaveLength(1)
        expect(reports[0]).toMatchObject({ source: 'handler', streamId: 1 })
      }
    })

    it.each(['type', 'unknown flag'])('a pull function of the wrong %s', async (what) => {
      await using client = await connect()
      const type = what === 'type' ? 'of the wrong type' : 'of an unknown flag'
      const answer = await client.get(
        `/broken?type=${encodeURIComponent(`a pull function ${type}`)}`,
      )
      expect(answer.errorCode).toBe(cutOff(protocol, 2))
    })

    it('a pull function that returns nothing', async () => {
      await using client = await connect()
      const answer = await client.get(
        '/broken?type=a pull function that returns nothing'.replaceAll(' ', '%20'),
      )
      expect(answer.errorCode).toBe(cutOff(protocol, 2))
      expect((await client.get('/')).status).toBe(200)
    })
  })

  describe('that are cancelled', () => {
    it.each(endless)('%s', async (type) => {
      await using client = await connect()
      const tag = newTag()
      const stream = client.open(`/endless?type=${encodeURIComponent(type)}&tag=${tag}`)
      stream.on('error', () => {})
      await once(stream, 'data')
      stream.close(8)
      await server.line('cancelled', tag)
      await server.line('close', tag)
      expect((await client.get('/')).status).toBe(200)
    })

    it.each(endless)('%s, the connection being gone', async (type) => {
      const tag = newTag()
      const path = `/endless?type=${encodeURIComponent(type)}&tag=${tag}`
      await using client = await requestByHand({ server, protocol }, 'GET', path)
      await client.responds()
      client.lose()
      await server.line('cancelled', tag)
      await server.line('close', tag)
    })
  })
})
