/** Who reads what comes out of a tunnel. */
export interface TunnelReader {
  /** Bytes arrived. The peer may send more once this has returned, or its promise resolved. */
  onData(chunk: Uint8Array): void | Promise<void>
  /** The peer sends no more (END_STREAM); we still may. */
  onEnd(): void
  /** `bufferedAmount`, which had been above 64 KiB, is not any more. */
  onDrain(): void
  /** Both directions are over; 0 (NO_ERROR): in order. Called once, last. */
  onClose(errorCode: number): void
}

/** A stream that carries bytes both ways: CONNECT (RFC 9113 §8.5) and extended CONNECT (RFC 8441). */
export interface Tunnel {
  /** Bytes passed to `write` that wait for the peer. */
  readonly bufferedAmount: number
  /** Sends bytes; kept by reference until they are out. Ignored once the tunnel is closed. */
  write(chunk: Uint8Array): void
  /** We send no more (END_STREAM). */
  end(): void
  /** Drops the tunnel (RST_STREAM); CANCEL (8) unless said otherwise. */
  reset(errorCode?: number): void
  /** Who reads; set once. Until then the peer's bytes wait, and its window stays as it is. */
  read(reader: TunnelReader): void
}
