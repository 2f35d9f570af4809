// The load: h2load on its core, and what it printed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { loadCore, pinned, root } from './paths.mjs'

/**
 * Runs h2load. `load`: `clients`, `streams`, and `seconds` or `requests`; also `headers` (names and values), `upload` (a
 * file), `rate` (requests a second of all clients), `log` (a file for a line a request).
 * Returns `{ rate, bytesPerSecond, requests, seconds }`. Throws when anything but 2xx came back.
 */
export async function h2load(url, load) {
  const args = ['-c', load.clients, '-m', load.streams]
  if (load.seconds) args.push('-D', `${Math.round(load.seconds * 1000)}ms`)
  else args.push('-n', load.requests)
  if (load.seconds && load.warmUp) args.push(`--warm-up-time=${Math.round(load.warmUp * 1000)}ms`)
  for (const [name, value] of load.headers ?? []) args.push('-H', `${name}: ${value}`)
  if (load.upload) args.push('-d', load.upload)
  if (load.rate) args.push(`--rps=${Math.max(1, Math.round(load.rate / load.clients))}`)
  if (load.log) args.push(`--log-file=${load.log}`)
  // One cipher for all: the servers' own preferences differ.
  if (url.startsWith('https:')) args.push('--tls13-ciphers=TLS_AES_128_GCM_SHA256')
  return parse(await run([...args.map(String), url]))
}

async function run(args) {
  const [file, ...rest] = pinned(loadCore, ['h2load', ...args])
  const child = spawn(file, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), 300_000)
  const ended = once(child, 'exit')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await ended
  clearTimeout(timer)
  if (code !== 0) throw new Error(`h2load ended with ${code}\n${output}${errors}`)
  return output
}

function parse(output) {
  const finished = /finished in ([\d.]+)(us|ms|s|m), ([\d.]+) req\/s/.exec(output)
  const requests =
    /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(
      output,
    )
  const statuses = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output)
  const traffic = /traffic: .*?\((\d+)\) total, .*\((\d+)\) data/.exec(output)
  if (!finished || !requests || !statuses || !traffic) throw new Error(`h2load said\n${output}`)
  const [done, , failed, errored, timedOut] = requests.slice(1).map(Number)
  const others = statuses.slice(2).map(Number)
  if (done === 0 || failed + errored + timedOut > 0 || others.some((count) => count > 0)) {
    throw new Error(`h2load was not served\n${output}`)
  }
  const units = { us: 1e-6, ms: 1e-3, s: 1, m: 60 }
  const seconds = Number(finished[1]) * units[finished[2]]
  return {
    rate: Number(finished[3]),
    bytesPerSecond: Number(traffic[2]) / seconds,
    requests: done,
    seconds,
  }
}
