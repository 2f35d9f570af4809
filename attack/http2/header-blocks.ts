/** Header blocks that cost the sender little, and the server much. */
import {
  encodeFrame,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  requestFields,
  Type,
} from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const frameSize = 16_384

export const request = encodeFields(requestFields('GET', paths.small))

/** A block in one frame, or in as many as it takes. */
export function block(streamId: number, bytes: Buffer, flags: number = END_STREAM): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; at += frameSize) {
    const part = bytes.subarray(at, at + frameSize)
    const end = at + frameSize >= bytes.length ? END_HEADERS : 0
    frames.push(
      at === 0
        ? encodeFrame(Type.HEADERS, flags | end, streamId, part)
        : encodeFrame(Type.CONTINUATION, end, streamId, part),
    )
  }
  return Buffer.concat(frames)
}

/** A literal that goes into the table (RFC 7541 §6.2.1): a value of 3,900 bytes. */
export const stored = Buffer.concat([
  Buffer.from([0x40, 1, 0x78, 0x7f, 0xbd, 0x1d]),
  Buffer.alloc(3900, 'v'),
])

/** A literal that goes into the table: `a`, without a value. */
export const storedTiny = Buffer.from([0x40, 1, 0x61, 0])

/** A literal that goes into the table: a cookie's crumb of one byte, its name from the static table. */
export const storedCrumb = Buffer.from([0x40 | 32, 1, 0x61])

/** A literal of one byte and no value, which goes into no table. */
export const leastField = Buffer.from([0, 1, 0x78, 0])

/** References to the table's newest entry, a byte each. */
export function references(count: number): Buffer {
  return Buffer.alloc(count, 0xbe)
}
