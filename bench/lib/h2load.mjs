// The load: runs h2load on its core and parses its output.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { loadCore, pinned, root } from './paths.mjs'

/**
 * Runs h2load. `load`: `clients`, `streams`, and `seconds` or `requests`; also `isHTTP1` (then `streams` is the number
 * of pipelined requests), `windowBits` (the client's windows are 2^n - 1 bytes), `headers` (names and values), `upload`
 * (a file), `rate` (requests a second of all clients), `log` (a file for a line a request).
 * Returns `{ rate, bytesPerSecond, requests }`. Throws when a status was not 2xx.
 */
export async function h2load(url, load) {
  const args = ['-c', load.clients, '-m', load.streams]
  if (load.isHTTP1) args.push('--h1')
  // Connections are made before the measurement begins. With many of them, some SYN segments find the queue full and
  // are sent again after a second; h2load 1.52 hangs if a connection is not established at the end. A server without
  // load for seconds has given memory back: V8's young generation alone is 64 MiB, which are mapped page by page.
  const warmUp = load.clients >= 500 ? 3 : load.seconds < 1 ? load.seconds / 3 : 1
  if (load.seconds)
    args.push('-D', milliseconds(load.seconds), '--warm-up-time', milliseconds(warmUp))
  else args.push('-n', load.requests)
  if (load.windowBits) args.push('-w', load.windowBits, '-W', load.windowBits)
  for (const [name, value] of load.headers ?? []) args.push('-H', `${name}: ${value}`)
  if (load.upload) args.push('-d', load.upload)
  if (load.rate) args.push(`--rps=${Math.max(1, Math.round(load.rate / load.clients))}`)
  if (load.log) args.push(`--log-file=${load.log}`)
  // One cipher for all servers: their preferences differ.
  if (url.startsWith('https:')) args.push('--tls13-ciphers=TLS_AES_128_GCM_SHA256')
  const patience = load.seconds ? load.seconds + warmUp + 30 : 300
  return parse(await run([...args.map(String), url], patience))
}

const milliseconds = (seconds) => `${Math.round(seconds * 1000)}ms`

async function run(args, patience) {
  const [file, ...rest] = pinned(loadCore, ['h2load', ...args])
  const child = spawn(file, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), patience * 1000)
  const ended = once(child, 'exit')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code, signal] = await ended
  clearTimeout(timer)
  if (code !== 0) throw new Error(`h2load ended with ${code ?? signal}\n${output}${errors}`)
  return output
}

function parse(output) {
  const finished = /finished in [^,]+, ([\d.]+) req\/s/.exec(output)
  const requests =
    /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(
      output,
    )
  const statuses = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output)
  const traffic = /traffic: .*?\((\d+)\) total, .*\((\d+)\) data/.exec(output)
  if (!finished || !requests || !statuses || !traffic) throw new Error(`h2load said\n${output}`)
  const [done, , failed, errored, timedOut] = requests.slice(1).map(Number)
  const others = statuses.slice(2).map(Number)
  if (done === 0) throw new Error('no request was done in time')
  if (failed + errored + timedOut > 0 || others.some((count) => count > 0)) {
    throw new Error(`h2load was not served\n${output}`)
  }
  // The time in the line `finished` includes the warm-up, the rate does not.
  const rate = Number(finished[1])
  return {
    rate,
    bytesPerSecond: (rate * Number(traffic[2])) / done,
    requests: done,
  }
}
