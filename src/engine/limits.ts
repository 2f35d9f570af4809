/**
 * What a peer may cost. Every limit has a default that suits a server on the open internet; the unit stands
 * beside it. What happens beyond one is said with it.
 */
export interface Limits {
  /** Bytes of linear memory a session may hold; beyond, it ends with `NGHTTP2_ERR_NOMEM`. Default 16 MiB. */
  readonly maxSessionMemory?: number
  /** Fields of one header block, trailers too; the rest is dropped and the block marked. Default 128. */
  readonly maxHeaderFields?: number
  /** Bytes of one header block: names, values and 32 a field (RFC 9113 §6.5.2). Default 64 KiB. */
  readonly maxHeaderListSize?: number
  /** CONTINUATION frames of one header block; beyond, the connection ends. Default 8. */
  readonly maxContinuations?: number
  /** Entries of one SETTINGS frame; beyond, the connection ends. Default 32. */
  readonly maxSettings?: number
  /** Acknowledgements of PING and SETTINGS waiting to be sent; beyond, the connection ends. Default 1000. */
  readonly maxOutboundAcks?: number
  /** Frames waiting to be sent, bodies not counted; beyond, GOAWAY ENHANCE_YOUR_CALM. Default 10,000. */
  readonly maxOutboundQueue?: number
  /** RST_STREAM frames a peer may send at once, or cause by malformed frames. Default 1000. */
  readonly streamResetBurst?: number
  /** …and how many of them come back a second. Default 33. */
  readonly streamResetRate?: number
  /** Oddities a peer may show at once (frames that are legal and useless). Default 10,000. */
  readonly glitchBurst?: number
  /** …and how many of them come back a second. Default 330. */
  readonly glitchRate?: number
  /** Streams a peer may promise before they begin; a client's limit. Default 200. */
  readonly maxReservedStreams?: number
  /** Bytes of a header block we send. Default 256 KiB. */
  readonly maxSendHeaderBlock?: number
}

export const defaultLimits: Required<Limits> = {
  maxSessionMemory: 16 * 1024 * 1024,
  maxHeaderFields: 128,
  maxHeaderListSize: 64 * 1024,
  maxContinuations: 8,
  maxSettings: 32,
  maxOutboundAcks: 1000,
  maxOutboundQueue: 10_000,
  streamResetBurst: 1000,
  streamResetRate: 33,
  glitchBurst: 10_000,
  glitchRate: 330,
  maxReservedStreams: 200,
  maxSendHeaderBlock: 256 * 1024,
}
