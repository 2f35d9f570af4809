import { beforeAll, describe, expect, it } from 'vitest'
import { actions } from '../../soak/lib/actions.ts'
import { bundle } from '../../soak/lib/bundle.mjs'
import { Comparison, content, pieces } from '../../soak/lib/content.mjs'
import { breachesOf, memoryOf } from '../../soak/lib/judge.ts'
import type { Sample, ServerLine, SoakResult } from '../../soak/lib/soak.ts'
import { run, runtimeNames } from '../support/processes.ts'

describe('npm run soak, in short', () => {
  let main = ''
  beforeAll(async () => void (main = await bundle()))

  it.concurrent.each(runtimeNames)(
    '%s: no wrong byte, nothing left open, and the process ends by itself',
    async (runtime) => {
      const args = ['--minutes', '0.12', '--rate', '40', '--runtime', runtime, '--json']
      const { code, stdout, stderr } = await run(process.execPath, [main, ...args])
      expect(stderr).toBe('')
      expect(code).toBe(0)
      const [result] = JSON.parse(stdout) as SoakResult[]
      expect(result).toMatchObject({ runtime, client: { failed: 0, wrong: 0 }, exit: { code: 0 } })
      const { samples, client, closed } = result!
      expect(Object.keys(client.done).sort()).toEqual(actions.map(({ name }) => name).sort())
      expect(samples.length).toBeGreaterThan(4)
      expect(closed!.connectionsTotal).toBeGreaterThan(10)
    },
  )
})

describe('a soak is judged', () => {
  const mebibyte = 1024 * 1024
  const line: ServerLine = {
    event: 'closed',
    heapUsed: 0,
    heapTotal: 0,
    external: 0,
    linear: mebibyte,
    linearUsed: 0,
    connectionsOpen: 0,
    connectionsTotal: 1,
    streamsOpen: 0,
    streamsTotal: 1,
    bytesReceived: 0,
    bytesSent: 0,
    reports: {},
  }
  /** A sample each ten seconds, of a process that has this many MiB. */
  function soakOf(minutes: number, resident: (minute: number) => number): SoakResult {
    const samples = Array.from({ length: minutes * 6 }, (_, i): Sample => {
      const seconds = 10 * (i + 1)
      return { ...line, seconds, resident: resident(seconds / 60) * mebibyte, cpu: 0.2 }
    })
    const client = { event: 'done', done: {}, open: 0, wrong: 0, failed: 0, failures: [] } as const
    const exit = { milliseconds: 5, code: 0 }
    const [drained, closed] = [line, line]
    return { runtime: 'node', minutes, rate: 1, samples, client, drained, closed, exit, stderr: '' }
  }

  it('memory that grows until the fifth minute only is in order', () => {
    expect(breachesOf(soakOf(30, (minute) => 100 + 10 * Math.min(minute, 5)))).toEqual([])
  })

  it('memory that grows by a MiB a minute is a breach', () => {
    const result = soakOf(30, (minute) => 100 + minute)
    expect(memoryOf(result)!.growth).toBeCloseTo(0.223, 2)
    expect(breachesOf(result)).toEqual(['resident memory grew by 22 %'])
  })

  it('memory of five minutes is not judged', () => {
    expect(memoryOf(soakOf(5, (minute) => 100 * minute))).toBeUndefined()
  })

  it.each([
    [{ drained: { ...line, streamsOpen: 1 } }, /1 streams were left/],
    [{ drained: { ...line, linearUsed: mebibyte } }, /linear memory were left/],
    [{ closed: undefined }, /did not close/],
    [{ exit: { milliseconds: 5000, code: null } }, /did not end by itself/],
    [{ stderr: 'Error' }, /the server said: Error/],
  ])('%j is a breach', (change, words) => {
    const breaches = breachesOf({ ...soakOf(1, () => 100), ...change })
    expect(breaches).toEqual([expect.stringMatching(words)])
  })
})

describe('the bytes of a soak', () => {
  const [seed, size] = [123_457, 2_500_000]

  it('are the same whole and in pieces', () => {
    const whole = content(seed, size)
    expect(Buffer.concat([...pieces(seed, size, 10_000)]).equals(whole)).toBe(true)
    const comparison = new Comparison(seed, size)
    for (const piece of pieces(seed, size, 7777)) comparison.add(Buffer.from(piece))
    expect(comparison).toMatchObject({ isComplete: true, isWrong: false })
  })

  it('show the first one that is wrong, and one too many', () => {
    const bytes = Buffer.from(content(seed, size))
    bytes[2_000_000]! ^= 1
    const changed = new Comparison(seed, size)
    changed.add(bytes.subarray(0, 1_500_000))
    changed.add(bytes.subarray(1_500_000))
    expect(changed.wrongAt).toBe(2_000_000)
    const longer = new Comparison(seed, 10)
    longer.add(Buffer.from(content(seed, 11)))
    expect(longer.wrongAt).toBe(10)
  })
})
