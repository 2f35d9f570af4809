// The micro-benchmarks of micro.mjs, on each runtime, pinned to the server's core.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { pinned, root, serverCore } from '../lib/paths.mjs'
import { commandOf } from '../lib/server.mjs'

export const names = ['micro']

export async function run({ report, options, progress }) {
  const data = {}
  for (const runtime of options.runtimes) {
    progress(`micro on ${runtime}`)
    try {
      data[runtime] = await measure(runtime, options.seconds * 500)
    } catch (error) {
      report.failure(`micro on ${runtime}: ${error.message}`)
    }
  }
  const runtimes = Object.keys(data)
  if (runtimes.length === 0) return
  const rows = data[runtimes[0]].figures.map(({ name }, i) => [
    name,
    ...runtimes.map((runtime) => figure(data[runtime].figures[i])),
  ])
  report.table(
    'micro: nanoseconds',
    ['what', ...runtimes],
    rows,
    'Medians, in brackets the least; each in a process of its own runtime, without a socket.',
  )
  const wire = data[runtimes[0]].wire.map(({ name, bytes }, i) => [
    name,
    bytes.toFixed(0),
    ...runtimes.map((runtime) => byTheByte(data[runtime].wire[i])),
  ])
  report.table(
    'micro: nanoseconds of received bytes',
    ['what', 'bytes', ...runtimes],
    wire,
    'Medians: of a byte on the wire, in brackets of the block or frame. *: costs a token (streamResetBurst, streamResetRate).',
  )
  report.data('micro', data)
}

async function measure(runtime, milliseconds) {
  const command = [...commandOf(runtime, 'micro.mjs'), String(Math.max(50, milliseconds))]
  const [file, ...args] = pinned(serverCore, command)
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const output = await text(child.stdout)
  const [code] = await ended
  if (code !== 0) throw new Error(`micro.mjs ended with ${code}`)
  return JSON.parse(output)
}

function figure({ median, least }) {
  return `${median.toFixed(0)} (${least.toFixed(0)})`
}

function byTheByte({ median, bytes }) {
  return `${(median / bytes).toFixed(1)} (${median.toFixed(0)})`
}
