// HTTP/1.1: our server beside the one that each runtime ships and beside a raw socket, and memory of idle connections.
import { idleConnections, mostConnections } from '../lib/idle.mjs'
import { bytesText } from '../lib/report.mjs'
import { http1Scenarios } from '../scenarios.mjs'
import { http1Idle as targets } from '../targets.mjs'
import { runScenario } from './throughput.mjs'

const idle = 'http1-idle'

export const names = ['http1', ...http1Scenarios.map(({ name }) => name), idle]

export async function run(context) {
  const isWanted = (name) => context.isWanted('http1') || context.isWanted(name)
  for (const scenario of http1Scenarios) {
    if (isWanted(scenario.name)) await runScenario(scenario, context)
  }
  if (isWanted(idle)) await measureIdle(context)
}

async function measureIdle({ report, options, progress }) {
  const count = mostConnections(options.quick ? 1000 : 10_000)
  const data = {}
  for (const runtime of options.runtimes) {
    data[runtime] = {}
    // The raw socket shows what the runtime itself takes.
    const servers = [targets.ours, ...Object.keys(targets[runtime]), `raw-http1-${runtime}`]
    for (const server of servers) {
      progress(`${idle}, ${server} on ${runtime}`)
      data[runtime][server] = await guard(() => {
        return idleConnections(runtime, server, count, { isHTTP1: true })
      })
    }
    judge(report, runtime, data[runtime])
  }
  const rows = Object.entries(data).flatMap(([runtime, measured]) =>
    Object.entries(measured).map(([server, entry]) => row(runtime, server, entry)),
  )
  report.table(
    `${idle}: memory of an idle HTTP/1.1 connection, ${count} of them`,
    ['on', 'server', 'resident', 'JS heap', 'linear', 'left: resident', 'left: linear', 'CPU'],
    rows,
    'Each connection has had one response. Left: not given back two seconds after all have closed. CPU: of opening all.',
  )
  report.data(idle, data)
}

async function guard(action) {
  try {
    return await action()
  } catch (error) {
    return { error: error.message.split('\n')[0] }
  }
}

function row(runtime, server, { error, resident, heap, linear, left, cpu }) {
  if (error) return [runtime, server, `failed: ${error}`, '', '', '', '', '']
  const values = [resident, heap, linear, left.resident, left.linear]
  const texts = values.map((value) => (value === null ? '' : bytesText(value)))
  return [runtime, server, ...texts, `${cpu.toFixed(2)} s`]
}

function judge(report, runtime, measured) {
  const mine = measured[targets.ours]
  if (mine.error) report.failure(`${idle}, ${targets.ours} on ${runtime}: ${mine.error}`)
  for (const [peer, most] of Object.entries(targets[runtime])) {
    const theirs = measured[peer]
    const error = mine.error ?? theirs.error
    const ratio = mine.resident / theirs.resident
    report.verdict({
      what: `${idle}, ${targets.ours}, resident memory`,
      runtime,
      target: `≤ ${most} × ${peer}`,
      measured: error ? `failed: ${error}` : `${ratio.toFixed(2)} × (${bytesText(mine.resident)})`,
      isMet: error ? null : ratio <= most,
    })
  }
}
