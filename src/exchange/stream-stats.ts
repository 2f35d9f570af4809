import type { StreamCarrier } from './stream-carrier.ts'

/** Counts of a stream, and how it stands. */
export interface StreamStats {
  /** Of the request's body. */
  readonly bytesReceived: number
  /** Of the response's body, handed to the connection. */
  readonly bytesSent: number
  /** Bytes of the response's body that wait for the client. */
  readonly bufferedAmount: number
  /** Bytes of it we may send now; 0 once the stream is closed. */
  readonly remoteWindow: number
  /** Bytes of its body the client may send now; 0 once the stream is closed. */
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
