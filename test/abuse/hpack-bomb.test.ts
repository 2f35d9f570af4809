import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import { block, leastField, references, stored } from '../../attack/http2/header-blocks.ts'
import { encodeFields, RawClient, requestFields, Type } from '../support/raw-client.ts'
import { apis, type Attacked, describeTargets, HonestClient } from '../support/abuse/target.ts'
import { posting } from '../support/abuse/wire.ts'

const request = encodeFields(requestFields('GET', '/bomb'))

const kinds: readonly (readonly [name: string, wire: Buffer])[] = [
  ['in one frame', block(1, Buffer.concat([request, stored, references(12_000)]))],
  ['in CONTINUATION frames', block(1, Buffer.concat([request, stored, references(120_000)]))],
  [
    'in trailers',
    Buffer.concat([
      posting(1, '/read?how=arrayBuffer'),
      block(1, Buffer.concat([stored, references(120_000)])),
    ]),
  ],
]
const cases = kinds.map(([name, wire]) => ({ name, wire }))

/** The entry with a Huffman code (RFC 7541 §5.2): a `0` has five bits, 3,900 of them have 2,438 bytes. */
const storedInHuffman = Buffer.concat([
  Buffer.from([0x40, 1, 0x78, 0xff, 0x87, 0x12]),
  Buffer.alloc(2437),
  Buffer.from([0x0f]),
])
const floodOf = (...parts: Buffer[]): Buffer => block(1, Buffer.concat([request, ...parts]))
const floods = [
  ...cases,
  {
    name: 'in CONTINUATION frames, with a Huffman code',
    wire: floodOf(storedInHuffman, references(120_000)),
  },
  { name: 'to the static table', wire: floodOf(Buffer.alloc(120_000, 0x8f)) },
  {
    name: 'or literals of four bytes',
    wire: floodOf(...Array.from({ length: 30_000 }, () => leastField)),
  },
]

/** A connection of its own for a bomb, whose end is awaited. */
async function drop(attacked: Attacked, wire: Buffer): Promise<void> {
  await using client = await RawClient.connect(attacked.target, [], attacked.port)
  client.socket.write(wire)
  const { errorCode } = await client.goaway()
  expect(errorCode).toBe(ErrorCode.ENHANCE_YOUR_CALM)
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Milliseconds of CPU: what a bomb may cost, its connection with it. */
const bombCost = 40

describeTargets('one-byte references to an entry of the table', (target) => {
  it.each(cases)('$name, five a second', async ({ wire }) => {
    await using attacked = await target.openFor('fetch')
    await using honest = new HonestClient(attacked)
    for (let i = 0; i < 10; i++) {
      await drop(attacked, wire)
      await pause(200)
    }
    await honest.expectServed()
    const { begun, stall } = await attacked.expectUnharmed()
    expect(begun['/bomb']).toBeUndefined()
    expect(stall).toBeLessThan(150)
  })

  it.each(floods)('$name, on ten connections, again and again', async ({ wire }) => {
    await using attacked = await target.openFor('handler')
    const before = await attacked.state()
    const attack = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await drop(attacked, wire)
    }
    await Promise.all(Array.from({ length: 10 }, attack))
    const after = await attacked.expectUnharmed()
    expect((after.cpu - before.cpu) / 50).toBeLessThan(bombCost)
  })
})

/** A little more than is taken: of bytes, in the table's entry, and of fields. */
const excesses: readonly (readonly [name: string, first: Buffer, more: Buffer])[] = [
  ['bytes', stored, references(17)],
  ['fields', Buffer.alloc(0), Buffer.alloc(130, 0x8f)],
]
const excessCases = apis.flatMap((api) =>
  excesses.map(([name, first, more]) => ({ api, name, first, more })),
)

describeTargets('header blocks a little beyond the limit', (target) => {
  it.each(excessCases)(
    'of $name: 431, thousands are too many, $api',
    async ({ api, ...excess }) => {
      await using attacked = await target.openFor(api)
      await using honest = new HonestClient(attacked)
      await using client = await RawClient.connect(target, [], attacked.port)
      const wire = (streamId: number): Buffer => {
        const first = streamId === 1 ? excess.first : Buffer.alloc(0)
        return block(streamId, Buffer.concat([request, first, excess.more]))
      }
      for (let id = 1; id < 40; id += 2) {
        client.socket.write(wire(id))
        const { fields } = await client.nextOf(Type.HEADERS, id)
        expect(fields[0]).toEqual([':status', '431'])
      }
      expect(await client.isAlive()).toBe(true)
      for (let id = 41; id < 8000 && !client.hasEnded; id += 100) {
        const ids = Array.from({ length: 50 }, (_, i) => id + 2 * i)
        client.socket.write(Buffer.concat(ids.map(wire)))
        if (!(await client.isAlive())) break
      }
      expect((await client.goaway()).errorCode).toBe(ErrorCode.ENHANCE_YOUR_CALM)
      await honest.expectServed()
      const { begun } = await attacked.expectUnharmed()
      expect(begun['/bomb']).toBeUndefined()
    },
  )
})
