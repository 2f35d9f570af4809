import { ErrorCode, HTTPError } from '../common/errors.ts'
import type { Tunnel } from '../http/tunnel.ts'

/** A tunnel as two streams. */
export interface TunnelStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** Bytes that may wait for the peer before a writer has to wait. */
const highWater = 256 * 1024

/**
 * Makes two streams of a tunnel, with back-pressure both ways. The peer sends as fast as the reader reads, and the
 * writer writes as fast as the peer takes bytes.
 */
export function tunnelStreams(tunnel: Tunnel): TunnelStreams {
  let source: ReadableStreamDefaultController<Uint8Array>
  let isReading = true
  let taken: (() => void) | undefined
  let drained: (() => void) | undefined
  let sink: WritableStreamDefaultController
  let isOver = false

  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      source = controller
    },
    pull() {
      taken?.()
      taken = undefined
    },
    cancel() {
      isReading = false
      taken?.()
    },
  })
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      sink = controller
      // Resets at once: `abort()` below is called only after a write that waits for the peer.
      controller.signal.addEventListener('abort', () => {
        tunnel.reset(ErrorCode.CANCEL)
        drained?.()
      })
    },
    write(chunk) {
      try {
        tunnel.write(chunk)
      } catch (error) {
        // The writer gets the error. The reset shows the peer that the bytes are not complete.
        tunnel.reset(ErrorCode.INTERNAL_ERROR)
        throw error
      }
      if (tunnel.bufferedAmount < highWater) return undefined
      return new Promise<void>((resolve) => (drained = resolve))
    },
    close() {
      tunnel.end()
    },
    abort() {
      tunnel.reset(ErrorCode.CANCEL)
    },
  })
  const endReading = (): void => {
    if (isReading) source.close()
    isReading = false
  }
  tunnel.read({
    onData(chunk) {
      if (!isReading) return undefined
      source.enqueue(chunk)
      if ((source.desiredSize ?? 1) > 0) return undefined
      return new Promise<void>((resolve) => (taken = resolve))
    },
    onEnd: endReading,
    onDrain() {
      drained?.()
      drained = undefined
    },
    onClose(errorCode) {
      if (isOver) return
      isOver = true
      drained?.()
      taken?.()
      const error = new HTTPError('ERR_STREAM_CLOSED', 'the tunnel was reset', { errorCode })
      if (errorCode === ErrorCode.NO_ERROR) endReading()
      else if (isReading) source.error(error)
      isReading = false
      // A writer that has closed does not get the error. Another writer gets it, so that later bytes do not seem to be
      // sent.
      sink.error(error)
    },
  })
  return { readable, writable }
}
