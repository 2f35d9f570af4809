// Growth: what more connections, more streams and longer bodies cost.
import { h2load } from '../lib/h2load.mjs'
import { Load } from '../lib/load.mjs'
import { largeFile, uploadFile } from '../lib/prepare.mjs'
import { bytesText, rateText } from '../lib/report.mjs'
import { Server } from '../lib/server.mjs'
import { median } from '../lib/statistics.mjs'
import { growth as targets } from '../targets.mjs'

export const names = ['growth-connections', 'growth-streams', 'growth-bodies']

const ours = 'ours-handler'
const mebibyte = 1024 * 1024
const concurrency = 1000

export async function run(context) {
  const { report, options, progress, isWanted } = context
  const parts = { connections: growConnections, streams: growStreams, bodies: growBodies }
  for (const [name, { title, columns, measure, note }] of Object.entries(parts)) {
    if (!isWanted(`growth-${name}`)) continue
    const rows = []
    for (const runtime of options.runtimes) {
      progress(`growth-${name} on ${runtime}`)
      try {
        rows.push(...(await measure(runtime, context)))
      } catch (error) {
        report.failure(`growth-${name} on ${runtime}: ${error.message}`)
      }
    }
    report.table(`growth-${name}: ${title}`, columns, rows, note)
    report.data(`growth-${name}`, rows)
  }
}

const growConnections = {
  title: 'the same 1,000 requests under way, on 1 to 1,000 connections',
  columns: ['on', 'server', '1 × 1000', '10 × 100', '100 × 10', '1000 × 1', 'last : first'],
  note: 'The raw socket has no protocol: what it loses is the system’s. The last row loads 8 connections with 32 streams each, alone and beside 1,000 idle ones.',
  async measure(runtime, { report, options }) {
    const rows = []
    for (const name of [ours, `raw-${runtime}`]) {
      const rates = await withServer(runtime, name, { streams: concurrency }, (server) =>
        inTurns([1, 10, 100, 1000], options, async (clients) => {
          const load = { clients, streams: concurrency / clients, seconds: options.seconds }
          return (await h2load(`${server.origin}/hello`, load)).rate
        }),
      )
      const ratio = rates.at(-1) / rates[0]
      const texts = rates.map((rate) => rateText(rate, 'requests'))
      rows.push([runtime, name, ...texts, ratio.toFixed(2)])
      if (name === ours) {
        report.verdict({
          what: 'throughput with 1,000 connections instead of 1',
          runtime,
          target: `≥ ${targets.connections} ×`,
          measured: `${ratio.toFixed(2)} ×`,
          isMet: ratio >= targets.connections,
        })
      }
    }
    rows.push(await besideIdle(runtime, report, options))
    return rows
  },
}

async function besideIdle(runtime, report, options) {
  const rates = await withServer(runtime, ours, {}, async (server) => {
    const alone = []
    const beside = []
    const url = `${server.origin}/hello`
    await h2load(url, { clients: 8, streams: 32, seconds: options.warmUp })
    for (let round = 0; round < options.rounds; round++) {
      const load = { clients: 8, streams: 32, seconds: options.seconds }
      alone.push((await h2load(url, load)).rate)
      const idle = await Load.start('idle', [server.port, 1000, 'http2'], 1000)
      beside.push((await h2load(url, load)).rate)
      await idle.stop()
    }
    return [median(alone), median(beside)]
  })
  const ratio = rates[1] / rates[0]
  report.verdict({
    what: 'throughput beside 1,000 idle connections',
    runtime,
    target: `≥ ${targets.connections} ×`,
    measured: `${ratio.toFixed(2)} ×`,
    isMet: ratio >= targets.connections,
  })
  const texts = rates.map((rate) => rateText(rate, 'requests'))
  return [runtime, `${ours}, idle`, texts[0], '', '', texts[1], ratio.toFixed(2)]
}

const growStreams = {
  title: 'CPU time of a request, µs, with 1 to 1,000 streams on one connection',
  columns: ['on', 'server', '1', '10', '100', '1000', 'last : least before'],
  async measure(runtime, { report, options }) {
    const costs = await withServer(runtime, ours, { streams: 1000 }, (server) =>
      inTurns([1, 10, 100, 1000], options, async (streams) => {
        const url = `${server.origin}/hello`
        // By number: a run by time has a warm-up, whose requests are not counted.
        const load = { clients: 1, streams, requests: await requestsIn(url, streams, options) }
        const before = server.cpuTime()
        const { requests } = await h2load(url, load)
        return ((server.cpuTime() - before) * 1000) / requests
      }),
    )
    const ratio = costs.at(-1) / Math.min(...costs.slice(0, -1))
    report.verdict({
      what: 'CPU time of a request with 1,000 streams a session',
      runtime,
      target: `≤ ${targets.streams} × the least with fewer`,
      measured: `${ratio.toFixed(2)} ×`,
      isMet: ratio <= targets.streams,
    })
    return [[runtime, ours, ...costs.map((cost) => cost.toFixed(2)), ratio.toFixed(2)]]
  },
}

/** How many requests take about `seconds`. */
async function requestsIn(url, streams, { seconds }) {
  const { rate } = await h2load(url, { clients: 1, streams, seconds: Math.min(seconds, 0.5) })
  return Math.ceil(rate * seconds)
}

const growBodies = {
  title: 'CPU time of a MiB, µs, and resident memory at most, in bodies of 1 MiB and of 1 GiB',
  columns: ['on', 'body', '1 MiB', '1 GiB', 'ratio', '1 MiB: peak', '1 GiB: peak', 'more'],
  note: 'Downloads are made by a pull function in pieces of 64 KiB; uploads are read by the handler.',
  async measure(runtime, { report, options }) {
    const large = 1024 * mebibyte
    const download = (length) => ({ work: 'pieces', bytes: length })
    const upload = () => ({ work: 'upload' })
    const rows = []
    for (const [direction, work] of Object.entries({ download, upload })) {
      const pairs = []
      for (let round = 0; round < options.rounds; round++) {
        // 1 GiB in all, both times.
        const small = await bodies(runtime, work(mebibyte), mebibyte, large / mebibyte)
        const long = await bodies(runtime, work(large), large, 1)
        pairs.push({ small, long })
      }
      const middle = (value) => median(pairs.map(value))
      const ratio = middle(({ small, long }) => long.cost / small.cost)
      const more = middle(({ small, long }) => long.peak - small.peak)
      report.verdict({
        what: `CPU time of a MiB, ${direction} of 1 GiB instead of 1 MiB`,
        runtime,
        target: `≤ ${targets.bodies} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        isMet: ratio <= targets.bodies,
      })
      report.verdict({
        what: `memory, ${direction} of 1 GiB instead of 1 MiB`,
        runtime,
        target: `≤ ${bytesText(targets.bodyMemory)} more`,
        measured: bytesText(more),
        isMet: more <= targets.bodyMemory,
      })
      const costs = ['small', 'long'].map((size) => middle((pair) => pair[size].cost).toFixed(0))
      const peaks = ['small', 'long'].map((size) => bytesText(middle((pair) => pair[size].peak)))
      rows.push([runtime, direction, ...costs, ratio.toFixed(2), ...peaks, bytesText(more)])
    }
    return rows
  },
}

/** `requests` bodies of `length` bytes, one after the other. */
function bodies(runtime, options, length, requests) {
  return withServer(runtime, ours, options, async (server) => {
    const file = length > mebibyte ? largeFile : uploadFile
    const upload = options.work === 'upload' ? { upload: file } : {}
    const url = `${server.origin}/bodies`
    const load = { clients: 1, streams: 1, ...upload }
    // The same bodies before, so that the code is compiled.
    await h2load(url, { ...load, requests: Math.max(1, requests >> 2) })
    server.forgetPeak()
    const before = server.cpuTime()
    await h2load(url, { ...load, requests })
    const mebibytes = (length / mebibyte) * requests
    return { cost: ((server.cpuTime() - before) * 1000) / mebibytes, peak: server.peakSize() }
  })
}

/** The median of each, measured in turns. */
async function inTurns(values, options, measure) {
  const samples = values.map(() => [])
  for (const value of values) await measure(value) // compiles the code
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, value] of values.entries()) samples[i].push(await measure(value))
  }
  return samples.map(median)
}

async function withServer(runtime, name, options, action) {
  const server = await Server.start(runtime, name, { work: 'hello', ...options })
  try {
    return await action(server)
  } finally {
    await server.stop()
  }
}
