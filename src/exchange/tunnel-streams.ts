import { ErrorCode, HTTPError } from '../common/errors.ts'
import type { Tunnel } from '../http/tunnel.ts'

/** A tunnel as two streams. */
export interface TunnelStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** Bytes that may wait for the peer before a writer has to. */
const highWater = 256 * 1024

/** Back-pressure goes both ways: the peer sends as the reader reads, the writer writes as the peer takes. */
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
      // At once: `abort()` below waits for a write that waits for the peer.
      controller.signal.addEventListener('abort', () => {
        tunnel.reset(ErrorCode.CANCEL)
        drained?.()
      })
    },
    write(chunk) {
      try {
        tunnel.write(chunk)
      } catch (error) {
        // The writer is told why; the peer must not take what it got for all.
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
      // A writer that has closed is not told. Another one must not take for sent what it writes from now on.
      sink.error(error)
    },
  })
  return { readable, writable }
}
