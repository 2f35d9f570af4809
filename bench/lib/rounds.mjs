// Servers measured in turns: all are up, one is under load. A change of the machine's speed affects all alike.
import { readFileSync } from 'node:fs'
import { checkAnswer } from './check.mjs'
import { h2load } from './h2load.mjs'
import { uploadFile } from './prepare.mjs'
import { Server } from './server.mjs'
import { summary } from './statistics.mjs'

const mebibyte = 1024 * 1024

/**
 * Measures a scenario: `[{ runtime, server, samples, error }]`, a sample a round. A server that dies or answers wrongly
 * has an `error`, and the others go on. `sample({ entry, url, load, options, scenario })` gives a sample; by default
 * that is the rate in the scenario's unit.
 */
export async function measure(scenario, contenders, options, sample = rateSample) {
  const { isHTTP1, isUpload } = scenario
  const load = { ...scenario.load, isHTTP1, ...(isUpload && { upload: uploadFile }) }
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
      // Each round begins with another server.
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[(round + i) % entries.length]
        await guard(entry, async () => {
          const url = `${entry.process.origin}/${scenario.work}`
          entry.samples.push(await sample({ entry, url, load, options, scenario }))
        })
      }
    }
  } finally {
    await Promise.all(entries.map((entry) => entry.process?.stop()))
  }
  return entries.map(({ runtime, server, samples, error }) => ({ runtime, server, samples, error }))
}

async function rateSample({ url, load, options, scenario }) {
  const result = await h2load(url, { ...load, seconds: options.seconds })
  return valueOf(result, scenario.unit)
}

/** Ours to a peer's, a ratio a round; `null` where one of them failed. */
export function ratioOf(ours, peer) {
  if (!ours || !peer || ours.error || peer.error) return null
  return summary(ours.samples.map((sample, round) => sample / peer.samples[round]))
}

async function start(entry, { work, tls, isHTTP1 }) {
  entry.process = await Server.start(entry.runtime, entry.server, { work, tls, isHTTP1 })
}

/**
 * Checks the answer, then puts load on the server, so that its code is compiled; `entry.warmUp` is that load's result.
 */
async function begin(entry, scenario, load, options) {
  await checkAnswer(entry.process, scenario.work, {
    headers: load.headers,
    upload: load.upload && readFileSync(load.upload),
    isHTTP1: load.isHTTP1,
    isNative: entry.runtime === 'native',
  })
  const url = `${entry.process.origin}/${scenario.work}`
  entry.warmUp = await h2load(url, { ...load, seconds: options.warmUp })
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
