import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StreamMap } from '../../src/engine/stream-map.ts'

const mebibyte = 1024 * 1024

/** Few ids, and such as want the same slots. */
const streamId = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 12 }).map((n) => n * 1024 + 1),
  fc.constant(0x7fffffff),
)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ verb: fc.constant('set'), id: streamId }) },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant('delete'), id: streamId }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('clear'), id: streamId }) },
)

it('does what a Map does', () => {
  const property = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const map = new StreamMap<number>()
    const expected = new Map<number, number>()
    steps.forEach(({ verb, id }, value) => {
      if (verb === 'set') {
        map.set(id, value)
        expected.set(id, value)
      } else if (verb === 'delete') {
        map.delete(id)
        expected.delete(id)
      } else {
        map.clear()
        expected.clear()
      }
      expect(map.size).toBe(expected.size)
      expect(map.get(id)).toBe(expected.get(id))
    })
    for (const [id, value] of expected) expect(map.get(id)).toBe(value)
    const ascending = (a: number, b: number): number => a - b
    expect(map.values().toSorted(ascending)).toEqual([...expected.values()].toSorted(ascending))
  })
  fc.assert(property, { numRuns: 1000 })
})

it('a thousand streams, and each of their ids again', () => {
  const map = new StreamMap<string>()
  for (let round = 0; round < 3; round++) {
    for (let id = 1; id < 2000; id += 2) map.set(id, `stream ${id}`)
    expect(map.size).toBe(1000)
    for (let id = 1999; id > 0; id -= 2) {
      expect(map.get(id)).toBe(`stream ${id}`)
      map.delete(id)
    }
    expect(map.size).toBe(0)
    expect(map.values()).toEqual([])
  }
})

/** What streams that came and went have left in the collector's old generation, at most. */
function oldBytes(map: {
  set(id: number, value: object): unknown
  delete(id: number): unknown
}): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size
  // An idle moment: what is there becomes old.
  for (let id = 1; id < 64; id += 2) map.set(id, {})
  collect()
  collect()
  const before = used()
  let most = before
  for (let id = 65; id < 2_000_000; id += 2) {
    map.set(id, { id, fields: [id, id, id, id] })
    map.delete(id - 64)
    if (id % 1000 === 1) most = Math.max(most, used())
  }
  return most - before
}

it('streams that are gone leave nothing to the old generation, as a Map lets them', () => {
  expect(oldBytes(new StreamMap())).toBeLessThan(2 * mebibyte)
  expect(oldBytes(new Map())).toBeGreaterThan(8 * mebibyte)
})
