// HTTP/2 without the protocol: counts HEADERS frames and gives frames that were made beforehand. It has no state, no
// windows and no errors. The cost that remains is that of the runtime's socket.
import { body, headers, work } from './program.mjs'
import { eventMessage } from './work.mjs'

const dataFrame = 0
const headersFrame = 1
const pingFrame = 6
const endStream = 1
const ack = 1
const endHeaders = 4
const frameHeader = 9
const maxPayload = 16384
const streamIdAt = 5

/** Before anything else: empty SETTINGS, and the acknowledgement of the client's. */
export const greeting = Buffer.concat([frame(4, 0, []), frame(4, ack, [])])

/** Server-sent events: a body that does not end, a message a second. */
const isEvents = work === 'events'
const whole = Buffer.from(isEvents ? eventMessage : body)
const head = frame(headersFrame, endHeaders, headerBlock())
// The body fits one frame: with long bodies only the copying would be measured.
if (whole.length > maxPayload) throw new Error(`${whole.length} bytes are more than a frame takes`)
const baked = Buffer.concat([head, frame(dataFrame, isEvents ? 0 : endStream, whole)])
const idOffsets = [streamIdAt, head.length + streamIdAt]

/**
 * State of one connection: `read(chunk)` gives the bytes of the responses to all requests in the chunk. PING
 * acknowledgements and events are passed to `write`; `close()` stops the events.
 */
export function connection(write) {
  let rest = Buffer.alloc(0)
  let isGreeted = false
  const timers = []
  return {
    read(chunk) {
      const data =
        rest.length === 0
          ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
          : Buffer.concat([rest, chunk])
      let at = 0
      if (!isGreeted) {
        if (data.length < 24) {
          rest = Buffer.from(data)
          return undefined
        }
        isGreeted = true
        at = 24
      }
      const ids = []
      while (data.length - at >= frameHeader) {
        const end = at + frameHeader + data.readUIntBE(at, 3)
        if (end > data.length) break
        const type = data[at + 3]
        if (type === headersFrame) ids.push(data.readUInt32BE(at + streamIdAt))
        if (type === pingFrame) write(frame(pingFrame, ack, data.subarray(at + frameHeader, end)))
        at = end
      }
      rest = Buffer.from(data.subarray(at))
      if (isEvents) for (const id of ids) timers.push(sendMessages(id, write))
      return ids.length === 0 ? undefined : answers(ids)
    },
    close() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

function sendMessages(id, write) {
  const message = frame(dataFrame, 0, whole)
  message.writeUInt32BE(id, streamIdAt)
  return setInterval(() => write(message), 1000)
}

function answers(ids) {
  const out = Buffer.allocUnsafe(ids.length * baked.length)
  let at = 0
  for (const id of ids) {
    out.set(baked, at)
    for (const offset of idOffsets) out.writeUInt32BE(id, at + offset)
    at += baked.length
  }
  return out
}

function frame(type, flags, payload) {
  const bytes = Buffer.alloc(frameHeader + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.set(payload, frameHeader)
  return bytes
}

/** HPACK without a table: each field literal, `:status: 200` indexed. */
function headerBlock() {
  const length = isEvents ? [] : [['content-length', String(whole.length)]]
  const fields = [...headers, ...length, ['date', new Date().toUTCString()]]
  const parts = [Buffer.of(0x88)]
  for (const [name, value] of fields) {
    // Lengths under 127 need one byte.
    parts.push(
      Buffer.of(0, name.length),
      Buffer.from(name),
      Buffer.of(value.length),
      Buffer.from(value),
    )
  }
  return Buffer.concat(parts)
}
