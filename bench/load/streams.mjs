// Opens streams and keeps them open: `node streams.mjs URL CONNECTIONS STREAMS SECONDS`, so many streams on each
// connection, evenly over so many seconds. Prints `open` once the server has received all of them; counts DATA frames
// and prints the count at each line on standard input.
import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'

const [url, ...numbers] = process.argv.slice(2)
const [connections, streams, seconds] = numbers.map(Number)
const { origin, pathname } = new URL(url)
let messages = 0
let ended = 0

const sessions = Array.from({ length: connections }, () =>
  connect(origin, { rejectUnauthorized: false }),
)
await Promise.all(sessions.map((session) => once(session, 'remoteSettings')))
const begin = performance.now()
for (let i = 0; i < connections * streams; i++) {
  const due = begin + (i / (connections * streams)) * seconds * 1000
  if (due > performance.now()) await delay(due - performance.now())
  open(sessions[i % connections])
}
// The PING follows the requests: its acknowledgement shows that they have arrived.
await Promise.all(sessions.map(ping))
process.stdin.on('end', () => process.exit(0))
process.stdin.on('data', () => console.log(JSON.stringify({ messages, ended })))
console.log(JSON.stringify({ open: connections * streams - ended }))

function open(session) {
  const stream = session.request({ ':path': pathname })
  stream.on('data', () => messages++)
  stream.on('error', () => {})
  stream.on('close', () => ended++)
}

function ping(session) {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error ? reject(error) : resolve(undefined)))
  })
}
