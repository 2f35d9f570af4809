import type { StreamCarrier } from './stream-carrier.ts'

/** Counts of a stream, and its state now. */
export interface StreamStats {
  /** Received bytes of the request's body. */
  readonly bytesReceived: number
  /** Bytes of the response's body that were handed to the connection. */
  readonly bytesSent: number
  /** Bytes of the response's body that wait for the client. */
  readonly bufferedAmount: number
  /** Bytes of the response's body that the server may send now; 0 once the stream is closed. */
  readonly remoteWindow: number
  /** Bytes of the request's body that the client may send now; 0 once the stream is closed. */
  readonly localWindow: number
}

/** The stream that is counted. */
interface CountedStream {
  readonly id: number
  readonly carrier: StreamCarrier
  readonly requestBody: { readonly bytesReceived: number }
  readonly bytesSent: number
  readonly bufferedAmount: number
  readonly isClosed: boolean
}

/** The counts of a stream now. */
export function readStreamStats(stream: CountedStream): StreamStats {
  const { id, isClosed, bytesSent } = stream
  const { windows } = stream.carrier
  return {
    bytesReceived: stream.requestBody.bytesReceived,
    bytesSent,
    bufferedAmount: isClosed ? 0 : stream.bufferedAmount,
    remoteWindow: isClosed ? 0 : (windows?.remote(id) ?? 0),
    localWindow: isClosed ? 0 : (windows?.local(id) ?? 0),
  }
}
