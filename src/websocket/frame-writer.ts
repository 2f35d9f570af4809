import { Opcode } from './codes.ts'

const FIN = 0x80
/** RSV1, a bit beside the opcode: the message is compressed (RFC 7692 §6). */
export const RSV1 = 0x40

/** A string up to this long is encoded straight into its frame. */
const shortText = 4096
const longestShortHeader = 4
const encoder = new TextEncoder()
/** A UTF-16 unit takes at most three bytes. */
const scratch = new Uint8Array(longestShortHeader + 3 * shortText)
const scratchText = scratch.subarray(longestShortHeader)

/** The UTF-8 of a string; a lone surrogate becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

function headerLength(payload: number): number {
  return payload < 126 ? 2 : payload < 0x10000 ? 4 : 10
}

function writeHeader(frame: Uint8Array, at: number, first: number, payload: number): void {
  frame[at] = FIN | first
  if (payload < 126) {
    frame[at + 1] = payload
  } else if (payload < 0x10000) {
    frame[at + 1] = 126
    frame[at + 2] = payload >>> 8
    frame[at + 3] = payload
  } else {
    frame[at + 1] = 127
    const high = Math.floor(payload / 0x1_0000_0000)
    for (let i = 0; i < 4; i++) frame[at + 2 + i] = high >>> (24 - 8 * i)
    for (let i = 0; i < 4; i++) frame[at + 6 + i] = payload >>> (24 - 8 * i)
  }
}

/** The header of a frame with `payload` bytes; a server does not mask. `first`: an opcode, with RSV1 or without. */
export function frameHeader(first: number, payload: number): Uint8Array {
  const header = new Uint8Array(headerLength(payload))
  writeHeader(header, 0, first, payload)
  return header
}

/** A frame with a copy of `payload`. */
export function frameOf(first: number, payload: Uint8Array): Uint8Array {
  const start = headerLength(payload.length)
  const frame = new Uint8Array(start + payload.length)
  writeHeader(frame, 0, first, payload.length)
  frame.set(payload, start)
  return frame
}

/** The frame of a short text; `undefined` when it is not short. */
export function shortTextFrame(text: string): Uint8Array | undefined {
  if (text.length > shortText) return undefined
  // The header is written in front of the bytes once their number is known.
  const { written } = encoder.encodeInto(text, scratchText)
  const start = longestShortHeader - headerLength(written)
  writeHeader(scratch, start, Opcode.TEXT, written)
  return scratch.slice(start, longestShortHeader + written)
}
