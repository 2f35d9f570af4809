// Server-sent events: 1,000 open streams with one small message a second each, and the CPU time that takes. All servers
// of a runtime are up and loaded at once, so that each window measures all of them.
import { setTimeout as delay } from 'node:timers/promises'
import { Load } from '../lib/load.mjs'
import { ratioText } from '../lib/report.mjs'
import { Server } from '../lib/server.mjs'
import { summary } from '../lib/statistics.mjs'
import { events as targets } from '../targets.mjs'

const connections = 10
const streams = 100
const total = connections * streams

/** Over how many seconds the streams are opened, and with them the messages spread. */
const variants = {
  events: { over: 1, title: 'each stream in its own moment of the second', isQuick: true },
  'events-together': { over: 0, title: 'all streams of a connection in the same moment' },
}

export const names = Object.keys(variants)

export async function run({ report, options, progress, isWanted }) {
  const wanted = Object.entries(variants).filter(([name, { isQuick }]) => {
    return isWanted(name) && (isQuick || !options.quick)
  })
  for (const [name, { over, title }] of wanted) {
    const rows = []
    const data = {}
    for (const runtime of options.runtimes) {
      progress(`${name} on ${runtime}`)
      const entries = await measure(runtime, over, options)
      data[runtime] = entries
      for (const entry of entries) rows.push(row(runtime, entry))
      for (const { server, error } of entries.filter((entry) => entry.error)) {
        report.failure(`${name}, ${server} on ${runtime}: ${error}`)
      }
      if (name === 'events') judge(report, runtime, entries)
    }
    report.table(
      `${name}: 1,000 streams, one message a second each; ${title}`,
      ['on', 'server', 'CPU of a core', 'least', 'most', 'messages/s'],
      rows,
    )
    report.data(name, data)
  }
}

/** `[{ server, cpu, messages, error }]`: parts of a core, and messages a second, for each window. */
async function measure(runtime, over, options) {
  const servers = [targets.ours, 'ours-fast', ...Object.keys(targets[runtime]), `raw-${runtime}`]
  const entries = servers.map((server) => ({ server, cpu: [], messages: [], error: null }))
  const processes = new Map()
  try {
    await Promise.all(entries.map((entry) => guard(entry, () => begin(entry))))
    await delay(options.quick ? 500 : 15_000) // until the streams are open and most code is compiled
    const seconds = options.quick ? 2 : 10
    for (let round = 0; round < (options.quick ? 2 : options.rounds); round++) {
      await Promise.all(entries.map((entry) => guard(entry, () => window(entry, seconds))))
    }
  } finally {
    for (const { server, load } of processes.values()) {
      await load?.stop()
      await server.stop()
    }
  }
  return entries

  async function begin(entry) {
    const server = await Server.start(runtime, entry.server, { work: 'events' })
    processes.set(entry, { server })
    const args = [`${server.origin}/events`, connections, streams, over]
    processes.get(entry).load = await Load.start('streams', args, total)
  }

  async function window(entry, seconds) {
    const { server, load } = processes.get(entry)
    const look = async () => ({
      ...(await load.ask()),
      cpu: server.cpuTime(),
      time: performance.now(),
    })
    const before = await look()
    await delay(seconds * 1000)
    const after = await look()
    const messages = ((after.messages - before.messages) / (after.time - before.time)) * 1000
    if (after.ended > 0 || Math.abs(messages - total) > total / 10) {
      throw new Error(`${messages.toFixed(0)} messages a second, ${after.ended} streams ended`)
    }
    entry.cpu.push((after.cpu - before.cpu) / (after.time - before.time))
    entry.messages.push(messages)
  }
}

async function guard(entry, action) {
  if (entry.error) return
  try {
    await action()
  } catch (error) {
    entry.error = error.message
  }
}

function row(runtime, { server, cpu, messages, error }) {
  if (error) return [runtime, server, `failed: ${error.split('\n')[0]}`, '', '', '']
  const { median, least, most } = summary(cpu)
  const percent = [median, least, most].map((part) => `${(part * 100).toFixed(1)} %`)
  return [runtime, server, ...percent, summary(messages).median.toFixed(0)]
}

function judge(report, runtime, entries) {
  const mine = entries.find(({ server }) => server === targets.ours)
  for (const [peer, most] of Object.entries(targets[runtime])) {
    const theirs = entries.find(({ server }) => server === peer)
    const isMeasured = !mine.error && !theirs.error
    const ratio = isMeasured ? summary(mine.cpu.map((cpu, i) => cpu / theirs.cpu[i])) : null
    report.verdict({
      what: `events, ${targets.ours}, CPU`,
      runtime,
      target: `≤ ${most} × ${peer}`,
      measured: ratio ? ratioText(ratio) : '',
      isMet: ratio ? ratio.median <= most : null,
    })
  }
}
