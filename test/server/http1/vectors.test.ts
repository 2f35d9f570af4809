/** The requests of a public probe (../shared/vectors/http1), on the wire. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeFetch } from '../../support/fetch-suite.ts'
import { RawHttp1, statusesIn } from '../../support/raw-http1.ts'
import { describeVectors, folder } from '../../support/vectors.ts'

interface Vector {
  readonly id: string
  readonly request: string
  /** The answers that are accepted: statuses, `2xx`, `close`, `timeout`; `!101`: any but that. */
  readonly expected: string
  readonly scored: boolean
}

/** The file has `??` for these bytes, which are a target that is allowed. */
const originals: Readonly<Record<string, string>> = { 'MAL-URL-OVERLONG-UTF8': '/\xc0\xaf' }

describeVectors('a public probe of HTTP/1.1', () => {
  const vectors = JSON.parse(readFileSync(join(folder, 'http1/requests.json'), 'utf8')) as Vector[]

  describeFetch('HTTP/1.1: a probe', (server) => {
    it.concurrent.each(vectors.filter(({ scored }) => scored))('$id: $expected', async (vector) => {
      const { id, request, expected } = vector
      const target = originals[id]
      const text = (target ? request.replace('/??', target) : request)
        .replaceAll('HOST', `localhost:${server.port}`)
        .replace(/^(\w+) \/(?= )/, '$1 /request/text')
      const outcome = await outcomeOf(server.port, text)
      expect(isAccepted(outcome, expected), `${outcome} for ${expected}`).toBe(true)
    })
  })
})

describe('the reading of the probe', () => {
  it.each([
    ['400', '400 or close', true],
    ['200', '400 or close', false],
    ['200', '400 or 2xx', true],
    ['timeout', '400/close/timeout', true],
    ['101', '!101', false],
  ])('%s is among %s: %s', (outcome, expected, isSo) => {
    expect(isAccepted(outcome, expected)).toBe(isSo)
  })
})

/** The first final status, `close` without one, or `timeout`. */
async function outcomeOf(port: number, text: string): Promise<string> {
  await using client = await RawHttp1.open(port)
  client.send(text)
  const late = new Promise((resolve) => setTimeout(resolve, 600))
  const answered = client.until(/^HTTP\/1\.1 [2-5]\d\d[^]*\r\n\r\n/).catch(() => {})
  await Promise.race([late, answered, client.ended()])
  const status = statusesIn(client.received).find((code) => code >= 101)
  if (status !== undefined) return String(status)
  return client.hasEnded ? 'close' : 'timeout'
}

function isAccepted(outcome: string, expected: string): boolean {
  if (expected.startsWith('!')) return outcome !== expected.slice(1)
  if (expected.includes(outcome)) return true
  // 404 is the application's, which has no such route.
  if (outcome.startsWith('2') || outcome === '404') return expected.includes('2xx')
  return /^[45]/.test(outcome) && expected.includes('close')
}
