/** Whether a soak went as it must. */
import { median } from '../../bench/lib/statistics.mjs'
import type { Sample, SoakResult } from './soak.ts'

/** Minutes after which memory is as large as it stays. */
const settled = 5
/** By so much of it memory may have grown at the end. */
const tolerance = 0.1

export interface Memory {
  /** Bytes, each a median. */
  readonly settled: number
  readonly end: number
  /** In parts of what was settled. */
  readonly growth: number
}

function residentBetween(samples: readonly Sample[], from: number, to: number): number {
  const those = samples.filter(({ seconds }) => seconds >= from * 60 && seconds <= to * 60)
  return median(those.map(({ resident }) => resident))
}

/** `undefined`: it was too short to say. */
export function memoryOf({ samples, minutes }: SoakResult): Memory | undefined {
  if (minutes < settled + 1) return undefined
  const before = residentBetween(samples, settled - 1, settled + 1)
  const last = Math.min(3, minutes - settled)
  const end = residentBetween(samples, minutes - last, minutes + 1)
  return { settled: before, end, growth: (end - before) / before }
}

/** What was not as it must be, a line each. */
export function breachesOf(result: SoakResult): string[] {
  const { client, drained, closed, exit, stderr } = result
  const breaches: string[] = []
  if (client.wrong > 0) breaches.push(`${client.wrong} bodies or messages had wrong bytes`)
  if (client.failed > 0) {
    breaches.push(`${client.failed} actions failed: ${client.failures.join('; ')}`)
  }
  if (!drained || drained.connectionsOpen + drained.streamsOpen > 0) {
    const { connectionsOpen = '?', streamsOpen = '?' } = drained ?? {}
    breaches.push(
      `${connectionsOpen} connections, ${streamsOpen} streams were left without a client`,
    )
  }
  if (drained && drained.linearUsed > 0) {
    breaches.push(`${drained.linearUsed} bytes of linear memory were left without a client`)
  }
  if (!closed) breaches.push('the server did not close')
  else if (exit.code !== 0) {
    breaches.push(`the process did not end by itself: ${exit.code ?? 'killed'}`)
  }
  if (stderr !== '') breaches.push(`the server said: ${stderr.slice(0, 2000)}`)
  const memory = memoryOf(result)
  if (memory && memory.growth > tolerance) {
    breaches.push(`resident memory grew by ${(memory.growth * 100).toFixed(0)} %`)
  }
  return breaches
}
