/** SETTINGS parameters (RFC 9113 §6.5.2; 8441 §3; 9218 §2.1). An absent parameter keeps its value. */
export interface Settings {
  /** The most bytes of the HPACK table that this side keeps for the peer's encoder (0x1). Initially 4096. */
  readonly headerTableSize?: number
  /** Whether the peer may push (0x2); only a client may set it. The default of a client's session is false. */
  readonly enablePush?: boolean
  /** Streams that the peer may have open at once (0x3). Initially without limit. */
  readonly maxConcurrentStreams?: number
  /** Bytes that may be in flight on a new stream (0x4), at most 2^31-1. Initially 65,535. */
  readonly initialWindowSize?: number
  /** The largest frame payload that this side takes (0x5), 2^14 to 2^24-1 bytes. Initially 16,384. */
  readonly maxFrameSize?: number
  /** Advice: the largest header list that this side takes, in bytes of names and values, and 32 a field (0x6). */
  readonly maxHeaderListSize?: number
  /** Extended CONNECT is accepted (0x8), RFC 8441; only a server may set it. Initially false. */
  readonly enableConnectProtocol?: boolean
  /** Only the priorities of RFC 9218 count (0x9). Initially false. */
  readonly noRfc7540Priorities?: boolean
  /** Parameters without a name here, by identifier. */
  readonly other?: Readonly<Record<number, number>>
}
