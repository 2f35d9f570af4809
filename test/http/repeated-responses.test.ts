import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FlatFields } from '../../src/common/fields.ts'
import { type AnyResponseOptions, prepareResponse } from '../../src/http/prepared-response.ts'

const headers: AnyResponseOptions['headers'][] = [
  undefined,
  [],
  [['content-type', 'text/plain']],
  { 'content-type': 'text/plain' },
  new Headers({ 'content-type': 'text/plain' }),
  ['content-type', 'text/plain'],
  [['Content-Type', 'text/plain']],
  [['content-length', '3']],
  [
    ['content-length', '3'],
    ['content-length', '3'],
  ],
  [['content-length', '03']],
  [['connection', 'close']],
  [['set-cookie', 'a=b', true]],
  [['set-cookie', 'a=b']],
  [['date', 'Sun, 06 Nov 1994 08:49:37 GMT']],
]

const response = fc.record({
  status: fc.constantFrom(200, 204, 205, 304, 404),
  headers: fc.constantFrom(...headers),
  body: fc.constantFrom(undefined, '', 'abc', 'äöü', new Uint8Array(3), 'longer'),
  trailers: fc.constantFrom(undefined, undefined, undefined, [['x-sum', '1']] as const),
}) as fc.Arbitrary<AnyResponseOptions>
const request = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST'),
  addsDate: fc.boolean(),
  times: fc.integer({ min: 1, max: 3 }),
})

let unlike = 0

/** What the application would get: the fields, or the error's code. */
function outcome(options: AnyResponseOptions, method: string, addsDate: boolean): unknown {
  try {
    const prepared = prepareResponse(options, method, 1, addsDate)
    const { fields } = prepared
    return { ...prepared, fields: fields.slice(), neverIndexed: fields.neverIndexed }
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** The same, where no other response has been prepared like it. */
function fresh(...given: Parameters<typeof outcome>): unknown {
  prepareResponse({ status: 200, headers: [['x-unlike', `${unlike++}`]] }, 'GET', 1, false)
  return outcome(...given)
}

describe('a response that is given again', () => {
  afterEach(() => vi.useRealTimers())

  it('has the fields of one that is given for the first time, among others of any kind', () => {
    vi.useFakeTimers({ now: 1000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(response, request), { maxLength: 12 }), (all) => {
        const expected = all.map(([options, { method, addsDate }]) =>
          fresh(options, method, addsDate),
        )
        all.forEach(([options, { method, addsDate, times }], i) => {
          for (let time = 0; time < times; time++) {
            expect(outcome(options, method, addsDate)).toEqual(expected[i])
          }
        })
      }),
      { numRuns: 400 },
    )
  })

  it('has the date of the second in which it is sent', () => {
    vi.useFakeTimers({ now: 1000 })
    const date = (): string | undefined => {
      const { fields } = prepareResponse({ body: 'x' }, 'GET', 1, true)
      return valueOf(fields, 'date')
    }
    expect([date(), date()]).toEqual(Array(2).fill('Thu, 01 Jan 1970 00:00:01 GMT'))
    vi.setSystemTime(2000)
    expect([date(), date()]).toEqual(Array(2).fill('Thu, 01 Jan 1970 00:00:02 GMT'))
  })
})

function valueOf(fields: FlatFields, name: string): string | undefined {
  const at = fields.indexOf(name)
  return at < 0 ? undefined : fields[at + 1]
}
