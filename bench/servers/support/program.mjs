// What each server's program has in common: its options, and the line in which it says where it listens.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { answerOf } from './work.mjs'

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'hello' },
    cert: { type: 'string' },
    key: { type: 'string' },
    http1: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '0' },
    streams: { type: 'string', default: '128' },
  },
})

/** The piece of work, see work.mjs. */
export const work = values.work
export const { headers, body } = answerOf(work)
/** For `pieces`. */
export const totalBytes = Number(values.bytes)
/** A client's streams on one connection. */
export const maxStreams = Number(values.streams)
/** Whether the load speaks HTTP/1.1. */
export const isHTTP1 = values.http1
/** Certificate and key, or `null` for cleartext. */
export const tls = values.cert
  ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
  : null

let dateOfNow = ''

/** The Date field (RFC 9110 §6.6.1), which the runtimes' own servers send by themselves. Made once a second. */
export function date() {
  if (dateOfNow === '') {
    dateOfNow = new Date().toUTCString()
    setTimeout(() => (dateOfNow = ''), 1000 - (Date.now() % 1000)).unref?.()
  }
  return dateOfNow
}

/** Tells the harness the port. Commands come on standard input; its end, or SIGTERM, ends the program in order. */
export function listening(port, linearMemory = () => null) {
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', () => {
    globalThis.gc?.()
    globalThis.Bun?.gc(true)
    const { rss, heapUsed } = process.memoryUsage()
    console.log(JSON.stringify({ rss, heapUsed, linear: linearMemory() }))
  })
  process.stdin.on('end', () => process.exit(0)) // the harness is gone
  process.on('SIGTERM', () => process.exit(0))
  console.log(`listening ${port}`)
}
