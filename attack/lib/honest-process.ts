/**
 * An honest client as a process of its own, until SIGTERM. It asks every 10 ms, whether the answers before have come or
 * not, so that a server that stands still makes many of them late.
 *
 *   honest PORT PROTOCOL
 */
import { Http1Client } from '../../test/support/http1-client.ts'
import { Client, type Answer } from '../../test/support/server-client.ts'
import { percentile } from '../../bench/lib/statistics.mjs'
import { paths } from './paths.ts'

export interface Honest {
  readonly asked: number
  readonly failures: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const interval = 10
/** Milliseconds until an answer counts as failed. */
const patience = 5000
/** Of so many requests, one is on a connection of its own, and one is an upload. */
const newConnectionEvery = 20
const uploadEvery = 4
/** Requests before the first one that counts: code is compiled. */
const warmUp = 50

const [port, protocol] = process.argv.slice(2)
const url = `http://127.0.0.1:${port}`
const latencies: number[] = []
let asked = 0
let failures = 0
const open = new Set<Promise<void>>()
let steady = await connect()

for (let i = 0; i < warmUp; i++) await ask(steady, i).catch(() => {})
const begun = performance.now()
const timer = setInterval(() => {
  // Those that are due, also when the timer was late.
  for (; asked * interval <= performance.now() - begun; asked++) {
    const one = request(asked)
    open.add(one)
    void one.finally(() => open.delete(one))
  }
}, interval)
process.once('SIGTERM', () => void end())
console.log('warm')

function connect(): Promise<Client | Http1Client> {
  if (protocol === 'HTTP/2') return Client.connect(url, {})
  return Promise.resolve(new Http1Client({ port: Number(port) }))
}

async function request(i: number): Promise<void> {
  const sent = performance.now()
  let deadline: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => reject(new Error('late')), patience)
  })
  try {
    await Promise.race([i % newConnectionEvery === 0 ? askOnce(i) : askAgain(i), late])
  } catch {
    failures++
  }
  clearTimeout(deadline)
  latencies.push(performance.now() - sent)
}

async function askOnce(i: number): Promise<void> {
  const client = await connect()
  try {
    await ask(client, i)
  } finally {
    await client[Symbol.asyncDispose]()
  }
}

/** On the steady connection; a failure there is followed by a new one. */
async function askAgain(i: number): Promise<void> {
  try {
    await ask(steady, i)
  } catch (error) {
    steady = await connect()
    throw error
  }
}

async function ask(client: Client | Http1Client, i: number): Promise<void> {
  const isUpload = i % uploadEvery === 0
  const answer: Answer = await (isUpload
    ? client.request(paths.upload, { body: 'x'.repeat(2000) })
    : client.get(paths.small))
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.error}`)
  if (!isUpload && answer.text !== 'hello') throw new Error(`got ${answer.text}`)
}

async function end(): Promise<void> {
  clearInterval(timer)
  await Promise.race([Promise.all(open), new Promise((resolve) => setTimeout(resolve, patience))])
  const sorted = latencies.toSorted((a, b) => a - b)
  const [p50, p99] = [0.5, 0.99].map((part) => percentile(sorted, part))
  const honest: Honest = { asked, failures, p50: p50!, p99: p99! }
  console.log(JSON.stringify(honest))
  process.exit(0)
}
