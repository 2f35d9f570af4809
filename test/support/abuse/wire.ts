/** Frames for attackers, encoded before they are sent. */
import { once } from 'node:events'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  PADDED,
  type RawClient,
  requestFields,
  Type,
} from '../raw-client.ts'

/** A request with a body to come. */
export function posting(streamId: number, path: string, more: [string, string][] = []): Buffer {
  const fields = [...requestFields('POST', path), ...more]
  return encodeFrame(Type.HEADERS, END_HEADERS, streamId, encodeFields(fields))
}

/** CONNECT (RFC 9113 §8.5). */
export function connecting(streamId: number, authority = 'localhost:1'): Buffer {
  const fields: [string, string][] = [
    [':method', 'CONNECT'],
    [':authority', authority],
  ]
  return encodeFrame(Type.HEADERS, END_HEADERS, streamId, encodeFields(fields))
}

/** A request without a body. */
export function getting(streamId: number, path: string): Buffer {
  const block = encodeFields(requestFields('GET', path))
  return encodeFrame(Type.HEADERS, END_HEADERS | END_STREAM, streamId, block)
}

/** The last frame of a body, without a byte. */
export const ending = (streamId: number): Buffer =>
  encodeFrame(Type.DATA, END_STREAM, streamId, Buffer.alloc(0))

export type TinyKind = 'plain' | 'padded' | 'between PINGs'

/** `bytes` cut into frames of one byte each. */
export function tinyFrames(streamId: number, bytes: Uint8Array, kind: TinyKind = 'plain'): Buffer {
  const padded = kind === 'padded'
  const length = padded ? 12 : 10
  const ping = encodeFrame(Type.PING, 0, 0, Buffer.alloc(8))
  const frame = padded
    ? encodeFrame(Type.DATA, PADDED, streamId, Buffer.from([1, 0, 0]))
    : encodeFrame(Type.DATA, 0, streamId, Buffer.alloc(1))
  const pings = kind === 'between PINGs' ? Math.floor(bytes.length / framesAPing) : 0
  const all = Buffer.alloc(bytes.length * length + pings * ping.length)
  let at = 0
  for (let i = 0; i < bytes.length; i++) {
    frame.copy(all, at)
    all[at + (padded ? 10 : 9)] = bytes[i]!
    at += length
    if (pings > 0 && i % framesAPing === framesAPing - 1) at += ping.copy(all, at)
  }
  return all
}

/** Bun reads half a mebibyte at a time: more PINGs in it are a flood. */
const framesAPing = 100

/** Writes, and waits while the server does not read. */
export async function send(client: RawClient, bytes: Uint8Array): Promise<void> {
  const { socket } = client
  for (let at = 0; at < bytes.length && !socket.destroyed; at += sendSize) {
    if (!socket.write(bytes.subarray(at, at + sendSize))) {
      // An error destroys the socket.
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    }
  }
}

const sendSize = 256 * 1024

/** Begins a request's body with one byte, which makes the server open the connection's window. */
export async function beginBody(client: RawClient, head: Buffer, byte: number): Promise<void> {
  const streamId = head.readUInt32BE(5)
  client.socket.write(
    Buffer.concat([head, encodeFrame(Type.DATA, 0, streamId, Buffer.from([byte]))]),
  )
  await client.nextOf(Type.WINDOW_UPDATE)
}

/** INITIAL_WINDOW_SIZE of the server. */
export const streamWindow = 1024 * 1024

/** DATA of one stream, a frame each, as fast as the windows allow; `sent` bytes of them are used. */
export async function sendInWindows(
  client: RawClient,
  streamId: number,
  pieces: readonly Uint8Array[],
  sent: number,
  milliseconds = 25_000,
): Promise<void> {
  const deadline = Date.now() + milliseconds
  let stream = streamWindow - sent
  let connection = 65_535 - sent
  let seen = 0
  let at = 0
  while (at < pieces.length) {
    for (; seen < client.frames.length; seen++) {
      const { type, streamId: id, payload } = client.frames[seen]!
      if (type !== Type.WINDOW_UPDATE) continue
      if (id === 0) connection += payload.readUInt32BE(0)
      else if (id === streamId) stream += payload.readUInt32BE(0)
    }
    const batch: Buffer[] = []
    for (; at < pieces.length; at++) {
      const piece = pieces[at]!
      if (piece.length > Math.min(stream, connection)) break
      stream -= piece.length
      connection -= piece.length
      batch.push(encodeFrame(Type.DATA, 0, streamId, piece))
    }
    if (batch.length > 0) await send(client, Buffer.concat(batch))
    else await new Promise((resolve) => setTimeout(resolve, 2))
    if (client.socket.destroyed || client.hasEnded)
      throw new Error('the server ended the connection')
    if (Date.now() > deadline) throw new Error(`the windows stayed shut: ${at} pieces were sent`)
  }
}
