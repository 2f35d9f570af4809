/** Frames for attackers, encoded before they are sent (RFC 9113 §6). */
import { encodeFrame, Type } from '../../test/support/raw-client.ts'
import type { Settings } from './http2-connection.ts'

export {
  ACK,
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  PADDED,
  requestFields,
  Type,
} from '../../test/support/raw-client.ts'
export { getting, posting } from '../../test/support/abuse/wire.ts'

/** Identifiers of SETTINGS. */
export const INITIAL_WINDOW_SIZE = 4

/** The largest window, and the largest increment of one. */
export const mostWindow = 0x7fffffff

/** A 32-bit number, most significant byte first. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function encodeSettings(settings: Settings): Buffer {
  const parts = settings.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), word(value)]))
  return encodeFrame(Type.SETTINGS, 0, 0, Buffer.concat(parts))
}

export function windowUpdate(streamId: number, increment: number): Buffer {
  return encodeFrame(Type.WINDOW_UPDATE, 0, streamId, word(increment))
}

export function reset(streamId: number, errorCode = 8): Buffer {
  return encodeFrame(Type.RST_STREAM, 0, streamId, word(errorCode))
}

/** The same bytes, `count` times. */
export function repeated(bytes: Uint8Array, count: number): Buffer {
  return Buffer.concat(Array<Uint8Array>(count).fill(bytes))
}
