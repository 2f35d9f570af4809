import { expect, it } from 'vitest'
import { RawClient, Type } from '../../support/raw-client.ts'
import { describeFetch, pause } from '../../support/fetch-suite.ts'

/** RFC 9218 §7.1 */
const PRIORITY_UPDATE = 0x10

function priorityUpdate(client: RawClient, streamId: number, value: string): void {
  const payload = Buffer.alloc(4 + value.length)
  payload.writeUInt32BE(streamId)
  payload.write(value, 4, 'latin1')
  client.frame(PRIORITY_UPDATE, 0, 0, payload)
}

describeFetch('fetch: priorities', (server) => {
  it('a PRIORITY_UPDATE is seen', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/info/priority?wait=400', [['priority', 'u=5']])
    await pause(150)
    priorityUpdate(client, 1, 'u=1, i')
    const { payload } = await client.nextOf(Type.DATA, 1)
    expect(JSON.parse(payload.toString())).toEqual({
      before: { urgency: 5, incremental: false },
      after: { urgency: 1, incremental: true },
    })
  })

  it.each(['the client', 'PRIORITY_UPDATE', 'the server'])(
    'urgent bytes overtake bulk: says %s',
    async (who) => {
      await using client = await RawClient.connect(server, [[4, 1 << 20]])
      const ask = (streamId: number, urgency: number): void => {
        const path = who === 'the server' ? `/info/bulk?urgency=${urgency}` : '/info/bulk'
        client.get(streamId, path, who === 'the client' ? [['priority', `u=${urgency}`]] : [])
        if (who === 'PRIORITY_UPDATE') priorityUpdate(client, streamId, `u=${urgency}`)
      }
      const bytesOf = (streamId: number): number =>
        client.frames
          .filter((frame) => frame.type === Type.DATA && frame.streamId === streamId)
          .reduce((sum, { payload }) => sum + payload.length, 0)
      ask(1, 7)
      // The connection's window is full of bulk.
      await client.nextOf(Type.DATA, 1)
      await pause(100)
      const before = bytesOf(1)
      expect(before).toBe(65_535)
      ask(3, 0)
      await client.nextOf(Type.HEADERS, 3)
      await pause(50)
      client.windowUpdate(0, 200_000)
      await pause(200)
      expect(bytesOf(3)).toBe(200_000)
      expect(bytesOf(1)).toBe(before)
      client.windowUpdate(0, 200_000)
      await pause(200)
      expect(bytesOf(1)).toBe(200_000)
    },
  )
})
