// Memory of idle connections.
import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { checkAnswer } from './check.mjs'
import { h2load } from './h2load.mjs'
import { Load } from './load.mjs'
import { Server } from './server.mjs'

/** The limit of open files of a process. */
const openFiles = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })) || Infinity

/** The number of connections that a process may hold, `wanted` at most. */
export function mostConnections(wanted) {
  return Math.min(wanted, openFiles - 500)
}

/**
 * Memory of one of `count` idle connections, as `perPiece`, and `cpu`: seconds of CPU time that all of them took. With
 * `isHTTP1` each connection has had one response.
 */
export async function idleConnections(runtime, name, count, { isHTTP1 = false } = {}) {
  const server = await Server.start(runtime, name, { work: 'hello', isHTTP1, exposesGc: true })
  let load
  try {
    await checkAnswer(server, 'hello', { isHTTP1 })
    // Memory that code and pools take once does not belong to a connection.
    const streams = isHTTP1 ? 1 : 10
    const url = `${server.origin}/hello`
    await h2load(url, { isHTTP1, clients: 50, streams, requests: 20_000 })
    await delay(500)
    const before = await server.memory()
    const started = server.cpuTime()
    const protocol = isHTTP1 ? 'http1' : 'http2'
    load = await Load.start('idle', [server.port, count, protocol], count)
    const cpu = (server.cpuTime() - started) / 1000
    const during = await server.memory()
    const { closed } = await load.ask()
    if (closed > 0) throw new Error(`${closed} of ${count} idle connections were closed`)
    await load.stop()
    await delay(2000)
    return { ...perPiece(count, before, during, await server.memory()), cpu }
  } finally {
    await load?.stop()
    await server.stop()
  }
}

/** Bytes for each of `count` pieces: resident, JavaScript's heap, linear memory; `left`: after the pieces were closed. */
export function perPiece(count, before, during, after) {
  const each = (a, b) => (a === null || b === null ? null : (b - a) / count)
  const linear = ({ linear: usage }) => usage?.used ?? null
  return {
    count,
    resident: each(before.rss, during.rss),
    heap: each(before.heapUsed, during.heapUsed),
    linear: each(linear(before), linear(during)),
    left: { resident: each(before.rss, after.rss), linear: each(linear(before), linear(after)) },
  }
}
