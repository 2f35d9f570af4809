/** Reader of a tunnel: callbacks for the peer's bytes. */
export interface TunnelReader {
  /** Bytes arrived. Flow control lets the peer send more once this has returned, or its promise has resolved. */
  onData(chunk: Uint8Array): void | Promise<void>
  /** The peer sends no more bytes (END_STREAM); this side still may. */
  onEnd(): void
  /** `bufferedAmount` has fallen to 64 KiB or less. */
  onDrain(): void
  /** Both directions have ended. `errorCode` 0 (NO_ERROR): without an error. Called once, as the last callback. */
  onClose(errorCode: number): void
}

/** A stream that carries bytes both ways: CONNECT (RFC 9113 §8.5) and extended CONNECT (RFC 8441). */
export interface Tunnel {
  /** Bytes passed to `write` that wait for the peer. */
  readonly bufferedAmount: number
  /** Sends bytes, which are kept by reference until they are sent. Ignored once the tunnel is closed. */
  write(chunk: Uint8Array): void
  /** Ends the direction to the peer (END_STREAM). */
  end(): void
  /** Drops the tunnel (RST_STREAM). Default code: CANCEL (8). */
  reset(errorCode?: number): void
  /** Sets the reader, once. Until then the peer's bytes wait, and the peer's window is not opened for more. */
  read(reader: TunnelReader): void
}
