// Start-up: time from the start of a process until it listens, and until the first response, beside an empty program.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { pinned, root, serverCore } from '../lib/paths.mjs'
import { commandOf } from '../lib/server.mjs'
import { summary } from '../lib/statistics.mjs'
import { startUp as target } from '../targets.mjs'

export const names = ['startup']

const programs = {
  node: ['empty', 'ours-handler', 'ours-fast', 'node-stream'],
  deno: ['empty', 'ours-handler', 'ours-fast', 'deno-serve', 'node-stream'],
  bun: ['empty', 'ours-handler', 'ours-fast', 'bun-serve', 'node-stream'],
}

/** The connection preface, SETTINGS, and `GET / HTTP/2` in four indexed or literal fields (RFC 7541 §6). */
const request = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0),
  Buffer.of(0, 0, 14, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x01, 9),
  Buffer.from('localhost'),
])

export async function run({ report, options, progress }) {
  const rounds = options.quick ? 5 : Math.max(10, options.rounds)
  const rows = []
  const data = {}
  for (const runtime of options.runtimes) {
    progress(`startup on ${runtime}`)
    const times = (data[runtime] = Object.fromEntries(
      programs[runtime].map((name) => [name, { listening: [], response: [] }]),
    ))
    // The first one reads from the disk, or fills the runtime's cache.
    for (let round = -1; round < rounds; round++) {
      for (const name of programs[runtime]) {
        const { listening, response } = await start(runtime, name)
        if (round < 0) continue
        times[name].listening.push(listening)
        times[name].response.push(response)
      }
    }
    const empty = summary(times.empty.listening).median
    for (const name of programs[runtime]) rows.push(row(runtime, name, times[name], empty))
    for (const name of programs[runtime].filter((program) => program.startsWith('ours'))) {
      judge(report, runtime, name, summary(times[name].listening).median - empty)
    }
  }
  report.table(
    'startup: milliseconds from the start of the process',
    ['on', 'program', 'listening', 'least', 'most', 'above empty', 'first response'],
    rows,
  )
  report.data('startup', data)
}

/** Milliseconds until it listens, and until the first byte of a response's HEADERS is there. */
async function start(runtime, name) {
  const [file, ...args] = pinned(serverCore, commandOf(runtime, `startup/${name}.mjs`))
  const begin = performance.now()
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const listening = performance.now() - begin
    const port = Number(/^listening (\d+)$/.exec(line)[1])
    if (port === 0) return { listening, response: NaN }
    await firstResponse(port)
    return { listening, response: performance.now() - begin }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

async function firstResponse(port) {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(10_000, () => socket.destroy(new Error('no response in 10 s')))
  socket.write(request)
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk])
    if (hasHeaders(bytes)) return
  }
  throw new Error('the connection ended before the response')
}

function hasHeaders(bytes) {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === 1) return true
  }
  return false
}

function row(runtime, name, { listening, response }, empty) {
  const { median, least, most } = summary(listening)
  const first = summary(response).median
  const times = [median, least, most, median - empty].map((time) => time.toFixed(1))
  return [runtime, name, ...times, Number.isNaN(first) ? '' : first.toFixed(1)]
}

function judge(report, runtime, name, above) {
  report.verdict({
    what: `startup, ${name}, import to listening`,
    runtime,
    target: `≤ ${target} ms above an empty program`,
    measured: `${above.toFixed(1)} ms`,
    isMet: above <= target,
  })
}
