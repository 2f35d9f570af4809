// Latency under 70 % of each server's own maximum: h2load asks at that rate and logs every request.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { h2load } from '../lib/h2load.mjs'
import { scratch } from '../lib/paths.mjs'
import { Server } from '../lib/server.mjs'
import { median, percentile, summary } from '../lib/statistics.mjs'
import { tail as target } from '../targets.mjs'

export const names = ['tail']

const clients = 8
const streams = 32
const ours = 'ours-handler'
const servers = {
  node: [ours, 'node-stream', 'node-compat'],
  deno: [ours, 'deno-serve'],
  bun: [ours, 'bun-serve', 'node-stream'],
}
const parts = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 }

export async function run({ report, options, progress }) {
  const rows = []
  const data = {}
  for (const runtime of options.runtimes) {
    progress(`tail on ${runtime}`)
    const entries = await measure(runtime, options)
    data[runtime] = entries
    for (const entry of entries) rows.push(row(runtime, entry))
    judge(report, runtime, entries)
  }
  report.table(
    `tail: latency at ${target.load * 100} % of the own maximum, 13 bytes, h2c, -c8 -m32`,
    ['on', 'server', 'maximum', 'rate', ...Object.keys(parts), 'p99 least', 'p99 most'],
    rows,
    'Milliseconds from a request to the end of its response; medians of the rounds.',
  )
  report.data('tail', data)
}

async function measure(runtime, options) {
  const entries = []
  const { seconds } = options
  try {
    for (const name of servers[runtime]) {
      const entry = { name, rounds: [], error: null, maximum: 0, server: null }
      entries.push(entry)
      await guard(entry, async () => {
        entry.server = await Server.start(runtime, name, { work: 'hello' })
        await h2load(urlOf(entry), { clients, streams, seconds: options.warmUp })
        const samples = []
        for (let i = 0; i < 3; i++) {
          samples.push((await h2load(urlOf(entry), { clients, streams, seconds })).rate)
        }
        entry.maximum = median(samples)
      })
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const entry of entries) {
        await guard(entry, async () => entry.rounds.push(await latencies(entry, seconds)))
      }
    }
  } finally {
    await Promise.all(entries.map(({ server }) => server?.stop()))
  }
  return entries.map(({ name, rounds, error, maximum }) => ({ name, rounds, error, maximum }))
}

/** Percentiles in milliseconds, and the rate that came about. */
async function latencies(entry, seconds) {
  const log = join(scratch, `latency-${process.pid}`)
  try {
    const rate = entry.maximum * target.load
    const load = { clients, streams, rate, seconds, log }
    const result = await h2load(urlOf(entry), load)
    const times = []
    for (const line of readFileSync(log, 'utf8').split('\n')) {
      const [, status, microseconds] = line.split('\t')
      if (status === '200') times.push(Number(microseconds) / 1000)
    }
    times.sort((a, b) => a - b)
    const found = Object.entries(parts).map(([name, part]) => [name, percentile(times, part)])
    return { rate: result.rate, ...Object.fromEntries(found) }
  } finally {
    rmSync(log, { force: true })
  }
}

function urlOf({ server }) {
  return `${server.origin}/hello`
}

async function guard(entry, action) {
  if (entry.error) return
  try {
    await action()
  } catch (error) {
    entry.error = error.message
  }
}

function row(runtime, { name, rounds, error, maximum }) {
  if (error) return [runtime, name, `failed: ${error.split('\n')[0]}`, '', '', '', '', '', '']
  const middle = (key) => median(rounds.map((round) => round[key]))
  const { least, most } = summary(rounds.map(({ p99 }) => p99))
  const rates = [maximum, middle('rate')].map((rate) => `${(rate / 1000).toFixed(1)} k/s`)
  const times = [...Object.keys(parts).map(middle), least, most].map((time) => time.toFixed(2))
  return [runtime, name, ...rates, ...times]
}

function judge(report, runtime, entries) {
  const [mine, ...peers] = entries
  const p99 = ({ rounds }) => median(rounds.map((round) => round.p99))
  const best = peers.filter(({ error }) => !error).toSorted((a, b) => p99(a) - p99(b))[0]
  if (mine.error) report.failure(`tail, ${ours} on ${runtime}: ${mine.error}`)
  const ratio = !mine.error && best ? p99(mine) / p99(best) : null
  report.verdict({
    what: 'tail, p99',
    runtime,
    target: `≤ ${target.ratio} × the best peer${best ? ` (${best.name})` : ''}`,
    measured: ratio === null ? '' : `${ratio.toFixed(2)} × (${p99(mine).toFixed(2)} ms)`,
    isMet: ratio === null ? null : ratio <= target.ratio,
  })
}
