import { expect } from 'vitest'
import { run } from './processes.ts'

/** The lines with which h2load sums up a run. */
export interface LoadResult {
  readonly requests: string
  readonly codes: string
}

export async function h2load(...args: string[]): Promise<LoadResult> {
  const { code, stdout, stderr } = await run('h2load', args, { timeout: 60_000 })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [, requests = ''] = /^requests: (.*)$/m.exec(stdout) ?? []
  const [, codes = ''] = /^status codes: (.*)$/m.exec(stdout) ?? []
  return { requests, codes }
}

/** The lines for `count` requests of which none failed. */
export function allOf(count: number): LoadResult {
  return {
    requests:
      `${count} total, ${count} started, ${count} done, ${count} succeeded, ` +
      '0 failed, 0 errored, 0 timeout',
    codes: `${count} 2xx, 0 3xx, 0 4xx, 0 5xx`,
  }
}
