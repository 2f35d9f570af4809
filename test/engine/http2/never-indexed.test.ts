/** Never-indexed fields: HPACK keeps their values in no table (RFC 7541 §6.2.3, §7.1.3). */
import { describe, expect, it } from 'vitest'
import { type HeaderField, type HeaderList, sensitiveHeaders } from '../../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../../src/engine/hpack/index.ts'
import { codeOf } from '../../support/engine/errors.ts'
import { Pair, one, openStream, request } from '../../support/engine/pair.ts'

const secret: HeaderField = ['x-token', 'a value that would go to the table', true]
const plain: HeaderField = ['x-plain', 'a value that goes to the table']
const pairs = [...Object.entries(request), plain, secret] as HeaderField[]

/** The representation of a literal that is never indexed begins with 0001 (RFC 7541 §6.2.3). */
const isNeverIndexed = (block: Uint8Array): boolean => (block[0]! & 0xf0) === 0x10

describe('HPACK by itself', () => {
  it('writes the representation, reads it back, and keeps nothing', () => {
    const deflater = new HDDeflater()
    const inflater = new HDInflater()
    for (const neverIndexed of [true, true]) {
      const block = deflater.deflate([['x-token', 'secret', neverIndexed]])
      expect(isNeverIndexed(block)).toBe(true)
      expect(inflater.inflate(block)).toEqual([['x-token', 'secret', true]])
    }
    expect(deflater.getHdTable()).toEqual([])
    expect(inflater.getHdTable()).toEqual([])
  })

  it('does so for one of several', () => {
    const block = new HDDeflater().deflate([plain, secret, plain])
    const [first, second, third] = new HDInflater().inflate(block)
    expect(first).toEqual(plain)
    expect(second).toEqual(secret)
    expect(third).toEqual(plain)
  })

  it('takes false for a field like others, and nothing else', () => {
    const deflater = new HDDeflater()
    expect(isNeverIndexed(deflater.deflate([['x-a', 'b', false]]))).toBe(false)
    for (const wrong of ['yes', 1, null, {}]) {
      const pair = ['x-a', 'b', wrong] as unknown as HeaderField
      expect(codeOf(() => deflater.deflate([pair]))).toBe('ERR_INVALID_ARGUMENT')
      expect(codeOf(() => Pair.open().client.submitRequest([...pairs, pair]))).toBe(
        'ERR_INVALID_ARGUMENT',
      )
    }
  })
})

describe('a field that is never indexed', () => {
  const lists: Record<string, HeaderList> = {
    pairs,
    'an iterable': new Set(pairs),
    'an object': {
      ...request,
      'x-plain': plain[1],
      'X-Token': secret[1],
      [sensitiveHeaders]: ['x-token'],
    },
  }

  it.each(Object.entries(lists))('is told, and forwarded as told: %s', (_, list) => {
    const first = Pair.open()
    const second = Pair.open()
    first.client.submitRequest(list)
    const received = one(first.flow().server, 'RequestReceived').headers
    expect(received.at(-1)).toEqual(secret)
    expect(received.at(-2)).toEqual(plain)
    second.client.submitRequest(received)
    expect(one(second.flow().server, 'RequestReceived').headers).toEqual(received)
    expect(second.client.headerTableSizes.deflate).toBeLessThan(200)
  })

  it('in each kind of block', () => {
    const pair = Pair.open()
    const { server } = pair
    const id = openStream(pair)
    server.submitInformational(id, [[':status', '103'], secret])
    server.submitPushPromise(id, pairs)
    server.submitResponse(id, [[':status', '200'], plain, secret], { endStream: false })
    server.submitTrailers(id, [secret])
    const { client } = pair.flow()
    expect(one(client, 'InformationalReceived').headers.at(-1)).toEqual(secret)
    expect(one(client, 'PushPromised').headers.at(-1)).toEqual(secret)
    expect(one(client, 'ResponseReceived').headers).toEqual([[':status', '200'], plain, secret])
    expect(one(client, 'TrailersReceived').headers).toEqual([secret])
    const short = openStream(pair)
    const fields = Object.assign([':status', '200', 'x-token', 'short'], { neverIndexed: [2] })
    server.submitShortResponse(short, fields, 'body')
    expect(one(pair.flow().client, 'ResponseReceived').headers[1]).toEqual([
      'x-token',
      'short',
      true,
    ])
  })

  it('several times, of the same name, each by itself', () => {
    const pair = Pair.open()
    const cookies: HeaderField[] = [
      ['cookie', 'theme=dark-and-many-more-things'],
      ['cookie', 'session=a-secret-that-is-long', true],
      ['cookie', 'lang=de-and-many-more-things-too'],
    ]
    pair.client.submitRequest([...Object.entries(request), ...cookies] as HeaderField[])
    expect(one(pair.flow().server, 'RequestReceived').headers.slice(4)).toEqual(cookies)
  })

  it('leaves nothing to the next block, nor to one that was abandoned', () => {
    const pair = Pair.open()
    pair.client.submitRequest(pairs)
    pair.flow()
    pair.client.submitRequest([...Object.entries(request), ['x-token', 'another']] as HeaderField[])
    expect(one(pair.flow().server, 'RequestReceived').headers.at(-1)).toEqual([
      'x-token',
      'another',
    ])
  })

  it('sensitiveHeaders are names', () => {
    const { client } = Pair.open()
    for (const wrong of ['x-token', 5, [5], null, {}]) {
      const list = { ...request, [sensitiveHeaders]: wrong } as unknown as HeaderList
      expect(codeOf(() => client.submitRequest(list))).toBe('ERR_INVALID_ARGUMENT')
    }
  })
})
