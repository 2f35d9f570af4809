// Servers measured in turns: all are up, one is under load. What the machine does meanwhile hits all alike.
import { readFileSync } from 'node:fs'
import { checkAnswer } from './check.mjs'
import { h2load } from './h2load.mjs'
import { uploadFile } from './prepare.mjs'
import { Server } from './server.mjs'
import { summary } from './statistics.mjs'

const mebibyte = 1024 * 1024

/**
 * A scenario on a runtime: `[{ runtime, server, samples, error }]`, a sample a round. A server that dies or answers
 * wrongly has an `error`, and the others go on.
 */
export async function measure(scenario, contenders, options) {
  const load = { ...scenario.load, ...(scenario.isUpload && { upload: uploadFile }) }
  const entries = contenders.map((contender) => ({
    ...contender,
    samples: [],
    error: null,
    process: null,
  }))
  try {
    await Promise.all(entries.map((entry) => guard(entry, () => start(entry, scenario))))
    for (const entry of entries) await guard(entry, () => begin(entry, scenario, load, options))
    for (let round = 0; round < options.rounds; round++) {
      // A different one begins each time.
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[(round + i) % entries.length]
        await guard(entry, async () => {
          const result = await h2load(`${entry.process.origin}/${scenario.work}`, {
            ...load,
            seconds: options.seconds,
          })
          entry.samples.push(valueOf(result, scenario.unit))
        })
      }
    }
  } finally {
    await Promise.all(entries.map((entry) => entry.process?.stop()))
  }
  return entries.map(({ runtime, server, samples, error }) => ({ runtime, server, samples, error }))
}

/** Ours to a peer's, a ratio a round; `null` where one of them failed. */
export function ratioOf(ours, peer) {
  if (!ours || !peer || ours.error || peer.error) return null
  return summary(ours.samples.map((sample, round) => sample / peer.samples[round]))
}

async function start(entry, { work, tls }) {
  entry.process = await Server.start(entry.runtime, entry.server, { work, tls })
}

/** The check, and the load that has the code compiled. */
async function begin(entry, scenario, load, options) {
  await checkAnswer(entry.process, scenario.work, {
    headers: load.headers,
    upload: load.upload && readFileSync(load.upload),
    isNative: entry.runtime === 'native',
  })
  const url = `${entry.process.origin}/${scenario.work}`
  await h2load(url, { ...load, seconds: options.warmUp })
}

async function guard(entry, action) {
  if (entry.error) return
  try {
    await action()
  } catch (error) {
    entry.error = error.message
  }
}

function valueOf({ rate, bytesPerSecond }, unit) {
  if (unit === 'bytes') return bytesPerSecond
  if (unit === 'uploads') return rate * mebibyte
  return rate
}
