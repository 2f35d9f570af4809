import { ErrorCode } from '../../common/errors.ts'
import { goawayFrame } from '../../engine/http2/frames.ts'
import type { Transport, TransportSink } from '../../transport/transport.ts'
import { FirstLine } from './first-line.ts'

/** Connections that are told at once why they are refused. More are dropped. */
const mostRefused = 256
/** Milliseconds for a client to send its first line, and to close its side. */
const period = 1000

const emptySettings = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0)
const unavailable = new TextEncoder().encode(
  'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n',
)

/**
 * Refuses connections for which there is no room. The first line of a client tells its protocol. The answer is 503, or a
 * GOAWAY from which the client knows that none of its requests was processed (RFC 9113 §6.8).
 */
export class RefusedConnections {
  #count = 0

  refuse(transport: Transport): TransportSink {
    const isTooMuch = this.#count >= mostRefused
    if (!isTooMuch) this.#count++
    const timer = setTimeout(() => transport.destroy(), isTooMuch ? 0 : period)
    const firstLine = new FirstLine(transport.tls, true)
    let isTold = isTooMuch
    return {
      onData(chunk) {
        const read = isTold ? undefined : firstLine.read(chunk, false)
        if (!read) return
        isTold = true
        const goaway = goawayFrame(0, ErrorCode.NO_ERROR)
        transport.writev(read.protocol === 'h2' ? [emptySettings.slice(), goaway] : [unavailable])
        transport.end()
      },
      onDrain() {},
      onEnd() {
        transport.end()
      },
      onClose: () => {
        clearTimeout(timer)
        if (!isTooMuch) this.#count--
      },
    }
  }
}
