/** SETTINGS parameters (RFC 9113 §6.5.2; 8441 §3; 9218 §2.1). What is absent keeps its value. */
export interface Settings {
  /** Bytes of the peer's HPACK table that we offer to keep (0x1). Initially 4096. */
  readonly headerTableSize?: number
  /** Whether the peer may push (0x2); a client's to say. A session of a client says false unless told otherwise. */
  readonly enablePush?: boolean
  /** Streams that the peer may have open at once (0x3). Initially without limit. */
  readonly maxConcurrentStreams?: number
  /** Bytes that may be in flight on a new stream (0x4), at most 2^31-1. Initially 65,535. */
  readonly initialWindowSize?: number
  /** The largest frame payload we take (0x5), 2^14 to 2^24-1 bytes. Initially 16,384. */
  readonly maxFrameSize?: number
  /** Advice: the size of a header list we take, names, values and 32 bytes a field (0x6). */
  readonly maxHeaderListSize?: number
  /** Extended CONNECT is welcome (0x8), RFC 8441; a server's to say. Initially false. */
  readonly enableConnectProtocol?: boolean
  /** Only the priorities of RFC 9218 count (0x9). Initially false. */
  readonly noRfc7540Priorities?: boolean
  /** Parameters without a name here, by identifier. */
  readonly other?: Readonly<Record<number, number>>
}
