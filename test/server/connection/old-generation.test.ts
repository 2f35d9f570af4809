// Here and not beside the engine's tests, which run on Bun too: it is V8 that is asked.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { StreamMap } from '../../../src/common/stream-map.ts'

const mebibyte = 1024 * 1024

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
