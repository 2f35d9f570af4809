/** What the clients of a soak do. An action resolves when all came as it must; `WrongBytes` is the worst that may happen. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientStream } from '../../test/support/server-client.ts'
import { Comparison, content, pieces } from './content.mjs'
import { Connection, type Lane } from './lane.ts'

export class WrongBytes extends Error {}

/** Gives numbers from 0 to below `limit`. */
export type Random = (limit: number) => number

export interface Turn {
  readonly lane: Lane
  readonly random: Random
  /** Which bytes the body has. */
  readonly seed: number
}

export interface Action {
  readonly name: string
  /** Of all actions, so many parts are this one. */
  readonly share: number
  run(turn: Turn): Promise<void>
}

const KiB = 1024
const chunkSize = 16 * KiB

/** Reads a response to its end; its status must be 200. */
async function finish(stream: ClientStream, comparison?: Comparison): Promise<string> {
  let status: unknown
  let error: Error | undefined
  let text = ''
  stream.once('response', (headers: { ':status': number }) => (status = headers[':status']))
  stream.on('error', (one: Error) => (error = one))
  stream.on('data', (chunk: Buffer) => {
    if (comparison) comparison.add(chunk)
    else text += chunk.toString('latin1')
  })
  await new Promise((resolve) => stream.once('close', resolve))
  if (comparison?.isWrong) throw new WrongBytes(`byte ${comparison.wrongAt} is wrong`)
  if (error) throw error
  if (status !== 200 || stream.rstCode) throw new Error(`${status}, reset: ${stream.rstCode}`)
  if (comparison && !comparison.isComplete) {
    throw new WrongBytes(`the body ended after ${comparison.received} bytes`)
  }
  return text
}

async function write(stream: ClientStream, seed: number, size: number): Promise<void> {
  const over = closed(stream)
  for (const piece of pieces(seed, size, chunkSize)) {
    if (stream.destroyed) return
    // A stream that fails tells so when it closes.
    if (!stream.write(piece)) await Promise.race([once(stream, 'drain').catch(() => {}), over])
  }
  stream.end()
}

function closed(stream: ClientStream): Promise<unknown> {
  return stream.destroyed
    ? Promise.resolve()
    : new Promise((resolve) => stream.once('close', resolve))
}

function download(
  connection: Connection,
  path: string,
  { seed }: Turn,
  size: number,
): Promise<unknown> {
  const query = new URLSearchParams({ seed: String(seed), size: String(size) })
  const stream = connection.request(`${path}${path.includes('?') ? '&' : '?'}${query}`)
  return finish(stream, new Comparison(seed, size))
}

async function hash(connection: Connection, { seed }: Turn, size: number): Promise<void> {
  const stream = connection.upload('/hash')
  const [answer] = await Promise.all([finish(stream), write(stream, seed, size)])
  const sent = createHash('sha256').update(content(seed, size)).digest('hex')
  if (answer !== sent) throw new WrongBytes(`the server has read ${answer}, ${sent} was sent`)
}

async function echo(connection: Connection, { seed }: Turn, size: number): Promise<void> {
  const stream = connection.upload('/echo')
  await Promise.all([finish(stream, new Comparison(seed, size)), write(stream, seed, size)])
}

function compareMessages(sent: Uint8Array, got: Uint8Array): void {
  if (Buffer.compare(sent, got) !== 0) throw new WrongBytes('a message came back as another one')
}

async function slowly(connection: Connection, { seed }: Turn, size: number): Promise<void> {
  const stream = connection.request(`/stream?seed=${seed}&size=${size}`)
  const done = finish(stream, new Comparison(seed, size))
  stream.on('data', () => {
    stream.pause()
    setTimeout(() => stream.resume(), 30)
  })
  await done
}

/** Leaves in the middle of a download. */
async function leave(connection: Connection, { seed }: Turn): Promise<void> {
  const size = 4 * KiB * KiB
  const stream = connection.request(`/stream?seed=${seed}&size=${size}`)
  const comparison = new Comparison(seed, size)
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    comparison.add(chunk)
    if (comparison.received > 100 * KiB) connection.reset(stream)
  })
  await closed(stream)
  if (comparison.isWrong) throw new WrongBytes(`byte ${comparison.wrongAt} is wrong`)
  if (comparison.received === 0) throw new Error('nothing came')
}

/** Leaves in the middle of an upload. */
async function leaveUpload(connection: Connection, { seed, random }: Turn): Promise<void> {
  const stream = connection.upload('/hash')
  stream.on('error', () => {})
  for (const piece of pieces(seed, 50 * KiB, chunkSize)) stream.write(piece)
  await pause(random(50))
  connection.reset(stream)
  await closed(stream)
}

async function reconnect(turn: Turn): Promise<void> {
  const connection = await Connection.open(turn.lane.place)
  for (let i = 0; i < 3; i++) await download(connection, '/bytes', turn, turn.random(2000))
  await hash(connection, turn, 2000)
  if (turn.random(2) === 0) await connection.close()
  else await connection.drop()
}

async function webSocket(turn: Turn): Promise<void> {
  const { lane, random, seed } = turn
  const connection = await Connection.open(lane.place)
  const socket = await connection.socket(lane.place)
  for (let i = 0; i < 5; i++) {
    const message = content(seed + i, random(40 * KiB))
    compareMessages(message, await socket.echo(message))
  }
  if (random(4) > 0) {
    await socket.close()
    await connection.close()
  } else {
    socket.drop()
    await connection.drop()
  }
}

async function webSocketMessage({ lane, random, seed }: Turn): Promise<void> {
  const message = content(seed, random(4 * KiB))
  compareMessages(message, await lane.echo(message))
}

/** The clients of the runtime, whose connections are its own. */
async function fetchText({ lane, random, seed }: Turn): Promise<void> {
  if (lane.place.ca !== undefined) return
  const size = random(2000)
  const url = `http://127.0.0.1:${lane.place.port}/bytes?seed=${seed}&size=${size}`
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
  const comparison = new Comparison(seed, size)
  comparison.add(bytes)
  if (comparison.isWrong || !comparison.isComplete) throw new WrongBytes('fetch got other bytes')
}

/** An action on a connection that others share. */
function shared(
  name: string,
  share: number,
  act: (connection: Connection, turn: Turn) => Promise<unknown>,
): Action {
  return {
    name,
    share,
    run: (turn) => turn.lane.use(async (connection) => void (await act(connection, turn))),
  }
}

export const actions: readonly Action[] = [
  shared('small', 40, (connection, turn) =>
    download(connection, '/bytes', turn, turn.random(2000)),
  ),
  shared('large', 2, (connection, turn) =>
    download(connection, '/bytes', turn, (1 + turn.random(2)) * KiB * KiB),
  ),
  shared('large, streamed', 3, (connection, turn) =>
    download(connection, '/stream', turn, (1 + turn.random(3)) * KiB * KiB),
  ),
  shared('dripping', 5, (connection, turn) =>
    download(connection, '/drip?wait=30', turn, 40 * KiB),
  ),
  shared('reset', 4, leave),
  shared('reset upload', 3, leaveUpload),
  shared('upload', 8, (connection, turn) => hash(connection, turn, turn.random(200 * KiB))),
  shared('large upload', 1, (connection, turn) => hash(connection, turn, 2 * KiB * KiB)),
  shared('echo', 6, (connection, turn) => echo(connection, turn, turn.random(200 * KiB))),
  shared('slow reader', 2, (connection, turn) => slowly(connection, turn, 600 * KiB)),
  { name: 'WebSocket', share: 3, run: webSocket },
  { name: 'WebSocket message', share: 15, run: webSocketMessage },
  { name: 'reconnect', share: 5, run: reconnect },
  { name: 'fetch', share: 3, run: fetchText },
]
