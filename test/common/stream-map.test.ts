import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StreamMap } from '../../src/common/stream-map.ts'

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

it('a StreamMap gives the same results as a Map', () => {
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

it('a StreamMap finds and deletes each of a thousand ids', () => {
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
