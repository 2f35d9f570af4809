/** Frames by hand, and frames read back: what the tests send and see on the wire (RFC 9113 §4.1). */
import { errorCodeName } from '../../../src/engine/index.ts'

export const Type = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
  ALTSVC: 0xa,
  ORIGIN: 0xc,
  PRIORITY_UPDATE: 0x10,
} as const

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8

const latin1 = (value: string): number[] => Array.from(value, (c) => c.charCodeAt(0))

export const preface = Uint8Array.from(latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))

export function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value)
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** For long bodies, which `toEqual` compares slowly. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** A 32-bit number, most significant byte first. */
export function u32(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    values.flatMap((v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]),
  )
}

export function frame(
  type: number,
  flags = 0,
  streamId = 0,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const { length } = payload
  const head = [length >>> 16, (length >>> 8) & 255, length & 255, type, flags]
  return join(Uint8Array.from(head), u32(streamId), payload)
}

export function settings(
  ...pairs: ReadonlyArray<readonly [id: number, value: number]>
): Uint8Array {
  const payload = pairs.map(([id, value]) => join(Uint8Array.of(id >>> 8, id & 255), u32(value)))
  return frame(Type.SETTINGS, 0, 0, join(...payload))
}

/** Fields as HPACK literals without indexing and without Huffman: any bytes, no state (RFC 7541 §6.2.2). */
export function literals(
  ...fields: ReadonlyArray<readonly [name: string, value: string]>
): Uint8Array<ArrayBuffer> {
  return join(
    ...fields.map(([name, value]) => join(Uint8Array.of(0), hpackString(name), hpackString(value))),
  )
}

/** A string literal of HPACK, plain (RFC 7541 §5.2). */
export function hpackString(value: string): Uint8Array<ArrayBuffer> {
  const length: number[] = []
  let rest = value.length
  if (rest < 127) length.push(rest)
  else {
    length.push(127)
    for (rest -= 127; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128)
    length.push(rest)
  }
  return Uint8Array.from([...length, ...latin1(value)])
}

export const getFields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'x'],
  [':path', '/'],
] as const

export const postFields = [[':method', 'POST'], ...getFields.slice(1)] as const

/** A HEADERS frame that ends its block. */
export function headers(streamId: number, block: Uint8Array, flags = 0): Uint8Array {
  return frame(Type.HEADERS, END_HEADERS | flags, streamId, block)
}

/** A whole GET request. */
export function get(streamId: number): Uint8Array {
  return headers(streamId, literals(...getFields), END_STREAM)
}

/** What a client says first. */
export function hello(): Uint8Array {
  return join(preface, settings())
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

/** Takes bytes apart into frames; the client's preface may come first. Throws when some are left over. */
export function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = []
  let at = startsWithPreface(bytes) ? preface.length : 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  while (at < bytes.length) {
    const length = (view.getUint16(at) << 8) | view.getUint8(at + 2)
    const end = at + 9 + length
    if (end > bytes.length) throw new Error(`a frame of ${length} bytes is cut short`)
    frames.push({
      type: view.getUint8(at + 3),
      flags: view.getUint8(at + 4),
      streamId: view.getUint32(at + 5),
      payload: bytes.subarray(at + 9, end),
    })
    at = end
  }
  return frames
}

function startsWithPreface(bytes: Uint8Array): boolean {
  return preface.every((byte, i) => bytes[i] === byte)
}

/** Frames as a script reads: `HEADERS(1) end`, `DATA(1) 5 end`, `RST_STREAM(1) CANCEL`, `SETTINGS ack`. */
export function wire(bytes: Uint8Array): string[] {
  return framesOf(bytes).map(describeFrame)
}

function describeFrame({ type, flags, streamId, payload }: Frame): string {
  const name = Object.entries(Type).find(([, id]) => id === type)?.[0] ?? `0x${type.toString(16)}`
  const words = [streamId === 0 ? name : `${name}(${streamId})`]
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  if (type === Type.DATA) words.push(String(payload.length))
  if (type === Type.RST_STREAM) words.push(errorCodeName(view.getUint32(0)))
  if (type === Type.GOAWAY) words.push(String(view.getUint32(0)), errorCodeName(view.getUint32(4)))
  if (type === Type.WINDOW_UPDATE) words.push(String(view.getUint32(0)))
  if (type === Type.DATA || type === Type.HEADERS) {
    if (flags & PADDED) words.push('padded')
    if (flags & END_STREAM) words.push('end')
  }
  if ((type === Type.SETTINGS || type === Type.PING) && flags & ACK) words.push('ack')
  return words.join(' ')
}
