// Memory and time that a hostile client costs: frames of one byte that wait and are read late; endless responses to
// windows that stay shut. Memory is taken after a garbage collection.
import { setTimeout as delay } from 'node:timers/promises'
import { Load } from '../lib/load.mjs'
import { bytesText } from '../lib/report.mjs'
import { Server } from '../lib/server.mjs'

export const names = ['abuse']

const servers = ['ours-handler', 'node-stream']
const streams = 100
/** Nearly a stream's window. */
const mostFrames = 800_000

export async function run({ report, options, progress }) {
  const connections = options.quick ? 5 : 40
  const data = {}
  const rows = []
  for (const runtime of options.runtimes) {
    data[runtime] = {}
    for (const server of servers) {
      progress(`abuse, ${server} on ${runtime}`)
      const entry = {
        few: await guard(() => tinyFrames(runtime, server, 10_000)),
        many: await guard(() => tinyFrames(runtime, server, 100_000)),
        most: await guard(() => tinyFrames(runtime, server, mostFrames)),
        shut: await guard(() => shutWindows(runtime, server, connections)),
      }
      data[runtime][server] = entry
      rows.push(row(runtime, server, entry))
      for (const { error } of Object.values(entry)) {
        if (error && server === servers[0]) report.failure(`abuse, on ${runtime}: ${error}`)
      }
    }
  }
  report.table(
    'abuse: one-byte DATA frames that wait, and windows that stay shut',
    [
      'on',
      'server',
      'resident, a byte of 800,000',
      '10,000 read late',
      '100,000 read late',
      '800,000 read late',
      `${connections} × ${streams} endless responses`,
      'a response',
    ],
    rows,
    'Resident: what the process has grown by, with what the runtime takes to receive that. Read late: from the request that opens the gate to the end of the answer.',
  )
  report.data('abuse', data)
}

/** A body of `count` frames: bytes of memory for each, and milliseconds to read all. */
async function tinyFrames(runtime, name, count) {
  return withServer(runtime, name, 'late', async (server) => {
    // Memory of compiled code and kept buffers does not belong to the body.
    const first = await Load.start('abuse', ['tiny', server.port, 1000], 1000)
    await first.ask()
    await first.stop()
    const before = await server.memory()
    const load = await Load.start('abuse', ['tiny', server.port, count], count)
    try {
      const during = await server.memory()
      const { milliseconds } = await load.ask()
      return { bytes: (during.rss - before.rss) / count, milliseconds }
    } finally {
      await load.stop()
    }
  })
}

/** Bytes of memory for endless responses of which the client takes nothing. */
async function shutWindows(runtime, name, connections) {
  return withServer(runtime, name, 'endless', async (server) => {
    const first = await Load.start('abuse', ['shut', server.port, 1], 1)
    await first.stop()
    await delay(500)
    const before = await server.memory()
    const load = await Load.start('abuse', ['shut', server.port, connections], connections)
    try {
      await delay(500)
      const during = await server.memory()
      const bytes = during.rss - before.rss
      return { bytes, each: bytes / connections / streams }
    } finally {
      await load.stop()
    }
  })
}

async function withServer(runtime, name, work, action) {
  const server = await Server.start(runtime, name, { work, exposesGc: true })
  try {
    return await action(server)
  } finally {
    await server.stop()
  }
}

async function guard(action) {
  try {
    return await action()
  } catch (error) {
    return { error: error.message.split('\n')[0] }
  }
}

function row(runtime, server, { few, many, most, shut }) {
  const text = (entry, show) => (entry.error ? `failed: ${entry.error}` : show(entry))
  const time = ({ milliseconds }) => `${milliseconds.toFixed(1)} ms`
  return [
    runtime,
    server,
    text(most, ({ bytes }) => `${bytes.toFixed(1)} B`),
    text(few, time),
    text(many, time),
    text(most, time),
    text(shut, ({ bytes }) => bytesText(bytes)),
    text(shut, ({ each }) => bytesText(each)),
  ]
}
