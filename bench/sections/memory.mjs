// Memory of an idle connection and of an open stream, resident and linear, and the rest that stays once they have closed.
// Each value is taken after a garbage collection. Also the CPU time that opening the idle connections takes.
import { setTimeout as delay } from 'node:timers/promises'
import { idleConnections, mostConnections, perPiece } from '../lib/idle.mjs'
import { Load } from '../lib/load.mjs'
import { bytesText } from '../lib/report.mjs'
import { Server } from '../lib/server.mjs'
import { memory as targets } from '../targets.mjs'

export const names = ['memory']

const ours = 'ours-handler'
const servers = {
  node: [ours, 'node-stream'],
  deno: [ours, 'deno-serve'],
  bun: [ours, 'bun-serve', 'node-stream'],
}

export async function run({ report, options, progress }) {
  const connections = mostConnections(options.quick ? 1000 : 10_000)
  const data = {}
  const rows = { idle: [], streams: [] }
  for (const runtime of options.runtimes) {
    data[runtime] = {}
    for (const server of servers[runtime]) {
      progress(`memory, ${server} on ${runtime}`)
      try {
        const idle = await idleConnections(runtime, server, connections)
        const streams = await openStreams(runtime, server, options.quick ? 10 : 100)
        data[runtime][server] = { idle, streams }
        rows.idle.push([...row(runtime, server, idle), `${idle.cpu.toFixed(2)} s`])
        rows.streams.push(row(runtime, server, streams))
      } catch (error) {
        const text = `failed: ${error.message.split('\n')[0]}`
        rows.idle.push([runtime, server, text, '', '', '', '', ''])
        if (server === ours) report.failure(`memory, ${server} on ${runtime}: ${error.message}`)
      }
    }
    judge(report, runtime, data[runtime])
  }
  const columns = [
    'on',
    'server',
    'resident',
    'JS heap',
    'linear',
    'left: resident',
    'left: linear',
  ]
  report.table(
    `memory of an idle connection, ${connections} of them`,
    [...columns, 'CPU of all'],
    rows.idle,
    'CPU: seconds, all threads, from the first connection on until all have said their SETTINGS.',
  )
  report.table(
    'memory of an open stream, 100 on each connection',
    columns,
    rows.streams,
    'Left: what had not been given back two seconds after they closed, per connection or stream. Pages that the allocators keep for the next ones count as resident.',
  )
  report.data('memory', data)
}

/** Bytes per open stream, whose connections have been there before. */
async function openStreams(runtime, name, connections) {
  const streams = 100
  const server = await Server.start(runtime, name, { work: 'pending', exposesGc: true })
  const url = `${server.origin}/pending`
  let load
  let idle
  try {
    load = await Load.start('streams', [url, connections, streams, 0], connections * streams)
    await load.stop()
    await delay(1000)
    idle = await Load.start('idle', [server.port, connections, 'http2'], connections)
    const before = await server.memory()
    await idle.stop()
    load = await Load.start('streams', [url, connections, streams, 0], connections * streams)
    const during = await server.memory()
    await load.stop()
    await delay(2000)
    return perPiece(connections * streams, before, during, await server.memory())
  } finally {
    await load?.stop()
    await idle?.stop()
    await server.stop()
  }
}

function row(runtime, server, { resident, heap, linear, left }) {
  const values = [resident, heap, linear, left.resident, left.linear]
  return [runtime, server, ...values.map((value) => (value === null ? '' : bytesText(value)))]
}

function judge(report, runtime, measured) {
  const mine = measured[ours]?.idle
  const peer = measured['node-stream']?.idle
  if (peer) {
    const ratio = mine ? mine.cpu / peer.cpu : null
    report.verdict({
      what: 'CPU of the idle connections',
      runtime,
      target: `≤ ${targets.cpuRatio} × node-stream`,
      measured: ratio === null ? '' : `${ratio.toFixed(2)} × (${mine.cpu.toFixed(2)} s)`,
      isMet: ratio === null ? null : ratio <= targets.cpuRatio,
    })
  }
  if (runtime === 'node') {
    const ratio = mine && peer ? mine.resident / peer.resident : null
    report.verdict({
      what: 'resident memory of an idle connection',
      runtime,
      target: `≤ ${targets.residentRatio} × node-stream`,
      measured: ratio === null ? '' : `${ratio.toFixed(2)} × (${bytesText(mine.resident)})`,
      isMet: ratio === null ? null : ratio <= targets.residentRatio,
    })
  }
  report.verdict({
    what: 'linear memory of a session',
    runtime,
    target: `≤ ${bytesText(targets.linear)}`,
    measured: mine ? bytesText(mine.linear) : '',
    isMet: mine ? mine.linear <= targets.linear : null,
  })
  report.verdict({
    what: 'linear memory, returned after connections close',
    runtime,
    target: 'all of it',
    measured: mine ? `${bytesText(mine.left.linear)} a connection left` : '',
    isMet: mine ? mine.left.linear < 1 : null,
  })
}
