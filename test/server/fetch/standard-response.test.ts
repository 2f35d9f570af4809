import { expect, it } from 'vitest'
import { describeFetch } from '../../support/fetch-suite.ts'

describeFetch('fetch: the global Response', (server) => {
  it("looks like the runtime's own", async () => {
    await using client = await server.connect()
    const { compared, different } = (await client.get('/standard/parity')).json() as {
      compared: number
      different: object[]
    }
    expect(different).toEqual([])
    expect(compared).toBeGreaterThan(300)
  })

  it('cannot be told apart from it, and can be extended', async () => {
    await using client = await server.connect()
    expect((await client.get('/standard/identity')).json()).toEqual({
      isNative: true,
      takesNative: true,
      tag: '[object Response]',
      name: 'Response',
      keys: [],
      statics: true,
      own: [true, true, true, 'own'],
      isOwn: false,
      compiled: true,
      ofBody: 'x',
    })
    for (const when of ['early', 'late']) {
      const extended = await client.get(`/standard/subclass?${when}`)
      expect(extended).toMatchObject({ status: 202, text: 'own' })
      expect(extended.headers['x-own']).toBe('1')
    }
  })

  it("is sent by the runtime's own server", async () => {
    await using client = await server.connect()
    const answers = (await client.get('/standard/native-server')).json()
    // Node's takes no Response.
    if (server.runtime === 'node') expect(answers).toBeNull()
    else {
      expect(answers).toEqual([
        [201, '1', 'text'],
        [200, null, 'bytes'],
        [200, null, '{"a":1}'],
      ])
    }
  })
})
