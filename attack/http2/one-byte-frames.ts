import type { Attacker } from '../lib/attacker.ts'
import { encodeFrame, END_STREAM, posting, Type } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'
import { tinyFrames } from '../../test/support/abuse/wire.ts'

/** Shorter than half of the smallest window: a server may give back no window before half of it was used. */
const body = Buffer.alloc(32_000, 'x')

/** Uploads in DATA frames of one byte each, which is legal. */
export async function oneByteFrames(attacker: Attacker): Promise<void> {
  await attacker.http2(async (connection) => {
    for (let count = 1; connection.isOpen; count++) {
      const id = connection.nextStream()
      const end = encodeFrame(Type.DATA, END_STREAM, id, Buffer.alloc(0))
      const frames = [posting(id, paths.upload), tinyFrames(id, body), end]
      await connection.send(Buffer.concat(frames), body.length)
      await connection.until(() => connection.responses >= count)
    }
  })
}
