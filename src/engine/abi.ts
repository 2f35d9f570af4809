/**
 * The host's view of the boundary: the exports of the module, and the enums and structs of
 * `wasm/bridge/bridge.h`, `wasm/http2/http2.h` and `wasm/http1/http1.h` that cross it. Names, order and values are the
 * same on both sides; `test/engine/boundary.test.ts` compares them.
 */

/** A session, an encoder or a decoder in linear memory. Owned; its `…_del` export frees it. */
export type Handle = number
/** An address in linear memory. */
export type Pointer = number
/** 0 or a value; negative: an `NGHTTP2_ERR_*`. */
export type Result = number

/** The exports of the module. They take and return i32. The C sources document each export. */
export interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize(): void

  nw_init(): Pointer
  nw_scratch_reserve(size: number): Result
  nw_strings_clear(): void
  nw_memory_limit(bytes: number): void
  /** Borrowed until the instance ends. */
  nw_version(): Pointer
  /** Borrowed until the instance ends. */
  nw_strerror(code: number): Pointer

  /** Owned: `h2_session_del`. 0 without memory. */
  h2_session_new(): Handle
  h2_session_del(session: Handle): void
  h2_session_receive(session: Handle, length: number, now: number, mostRequests: number): Result
  h2_session_send(session: Handle, most: number, now: number): Result
  h2_session_ask(session: Handle, question: number, argument: number): Result
  h2_session_upgrade(session: Handle, length: number, headRequest: number): Result
  h2_session_terminate(session: Handle, code: number): Result

  h2_submit_request(
    session: Handle,
    count: number,
    flags: number,
    body: Pointer,
    length: number,
  ): Result
  h2_submit_response(
    session: Handle,
    stream: number,
    fields: Pointer,
    count: number,
    flags: number,
    body: Pointer,
    length: number,
  ): Result
  h2_submit_informational(session: Handle, stream: number, count: number): Result
  h2_submit_trailers(session: Handle, stream: number, count: number): Result
  h2_submit_push_promise(session: Handle, stream: number, count: number): Result
  h2_submit_settings(session: Handle, count: number): Result
  h2_submit_rst_stream(session: Handle, stream: number, code: number): Result
  h2_submit_ping(session: Handle, ack: number): Result
  h2_submit_goaway(session: Handle, lastStream: number, code: number, length: number): Result
  h2_submit_shutdown_notice(session: Handle): Result
  h2_submit_window_update(session: Handle, stream: number, increment: number): Result
  h2_submit_priority_update(session: Handle, stream: number, length: number): Result
  h2_submit_altsvc(
    session: Handle,
    stream: number,
    originLength: number,
    valueLength: number,
  ): Result
  h2_submit_origin(session: Handle, count: number): Result
  h2_submit_extension(
    session: Handle,
    type: number,
    flags: number,
    stream: number,
    length: number,
  ): Result
  h2_stream_credit(session: Handle, stream: number, bytes: number, last: number): Result
  h2_stream_push(session: Handle, stream: number, length: number, last: number): Result
  h2_set_local_window(session: Handle, stream: number, size: number): Result
  h2_consume(session: Handle, stream: number, bytes: number): Result
  h2_discard(session: Handle, stream: number, bytes: number): Result
  h2_change_priority(
    session: Handle,
    stream: number,
    urgency: number,
    incremental: number,
    ignoreClient: number,
  ): Result
  h2_pack_settings(count: number): Result

  /** Owned: `h2_hpack_del`. 0 without memory. */
  h2_deflater_new(tableSize: number): Handle
  /** Owned: `h2_hpack_del`. 0 without memory. */
  h2_inflater_new(): Handle
  h2_hpack_del(hpack: Handle): void
  h2_hpack_change_table_size(hpack: Handle, size: number): Result
  h2_hpack_table(hpack: Handle): Result
  h2_deflate_bound(hpack: Handle, count: number): number
  h2_deflate(hpack: Handle, count: number, to: Pointer, capacity: number): Result
  h2_inflate(hpack: Handle, length: number, last: number): Result

  /** Owned: `h1_session_del`. 0 without memory. */
  h1_session_new(
    role: number,
    isSecure: number,
    maxFields: number,
    maxBytes: number,
    maxTarget: number,
    maxExtensions: number,
  ): Handle
  h1_session_del(session: Handle): void
  h1_session_receive(session: Handle, length: number, mostMessages: number): Result
  h1_session_finish(session: Handle): Result
  h1_session_expect_bodiless(session: Handle): void

  /** In debug builds: the `first`-th allocation from now on fails, and `count - 1` after it; 0: none. */
  nw_debug_fail_allocations?(first: number, count: number): void
  /** In debug builds: how many allocations were asked for since `nw_debug_fail_allocations`. */
  nw_debug_allocations?(): number
  /** In debug builds: how many blocks are allocated now, charged to an account or not. */
  nw_debug_live?(): number
}

/** The words of `nw_io`, at the address that `nw_init` gives. */
export const Io = {
  input: 0,
  inputCapacity: 1,
  output: 2,
  outputLength: 3,
  splices: 4,
  spliceCount: 5,
  outputMore: 6,
  events: 7,
  eventWords: 8,
  scratch: 9,
  scratchCapacity: 10,
  strings: 11,
  stringsCapacity: 12,
  memoryUsed: 13,
  inputUnread: 14,
  ending: 15,
  endingCode: 16,
} as const

/** `enum nw_event`: the kind in a record's head. */
export const Kind = {
  field: 1,
  headers: 2,
  data: 3,
  streamEnded: 4,
  rstStream: 5,
  streamClosed: 6,
  settings: 7,
  ping: 8,
  goaway: 9,
  windowUpdate: 10,
  pushPromise: 11,
  priorityUpdate: 12,
  altsvc: 13,
  origin: 14,
  extension: 15,
  frameNotSent: 16,
  frameInvalid: 17,
  goawaySent: 18,
  pieceSent: 19,
  diagnostic: 20,
  answered: 21,
  refused: 22,
} as const

/** `enum nw_field_flag`: flags of a FIELD record. */
export const FieldFlag = { first: 1, neverIndex: 2 } as const

/** `enum nw_block_flag`: flags of a HEADERS or PUSH_PROMISE record. */
export const BlockFlag = {
  endStream: 1,
  truncated: 2,
  empty: 4,
  last: 8,
  http10: 16,
  upgrade: 32,
  kept: 64,
  repeated: 128,
} as const

/** `enum nw_frame_flag`: flags of a SETTINGS or PING record. */
export const FrameFlag = { ack: 1 } as const

/** `enum nw_category`: the kind of block of a HEADERS record. */
export const Category = { request: 0, response: 1, pushResponse: 2, headers: 3 } as const

/** `enum h1_reason`; `parser` is added to an `llhttp_errno`. */
export const Reason = {
  line: 1,
  method: 2,
  version: 3,
  target: 4,
  targetLength: 5,
  host: 6,
  coding: 7,
  codingUnknown: 8,
  length: 9,
  upgradeBody: 10,
  fields: 11,
  extensions: 12,
  trailers: 13,
  incomplete: 14,
  parser: 32,
} as const

/** A string word with this bit is followed by the string itself. */
export const NEW_STRING = 0x80000000
export const NO_SLOT = 0x7fffffff

/** `h2_config`, in words. */
export const Config = {
  role: 0,
  options: 1,
  eventMask: 2,
  seed: 3,
  now: 5,
  memoryLimit: 6,
  maxHeaderFields: 7,
  maxHeaderBytes: 8,
  maxPadding: 9,
  maxDeflateTable: 10,
  maxSendHeaderBlock: 11,
  maxOutboundAck: 12,
  maxOutboundQueue: 13,
  maxSettings: 14,
  maxContinuations: 15,
  maxReservedRemote: 16,
  peerMaxConcurrent: 17,
  resetBurst: 18,
  resetRate: 19,
  glitchBurst: 20,
  glitchRate: 21,
  words: 22,
} as const

/** `enum nw_role`. */
export const Role = { server: 0, client: 1 } as const

/** `enum h2_option`. */
export const Option = {
  noHttpMessaging: 1,
  noAutoPingAck: 2,
  recvExtensions: 4,
  noClientMagic: 8,
} as const

/** `enum h2_body`: how a message continues after its header fields. */
export const Body = { none: 0, held: 1, credit: 2, halfClose: 4 } as const

/** `enum h2_ask`: the questions of `h2_session_ask`. */
export const Ask = {
  wantRead: 0,
  wantWrite: 1,
  remoteWindow: 2,
  localWindow: 3,
  receivedUnconsumed: 4,
  streamRemoteWindow: 5,
  streamLocalWindow: 6,
  streamReceivedUnconsumed: 7,
  outboundQueue: 8,
  deflateTable: 9,
  inflateTable: 10,
  lastProcessedStream: 11,
  nextStream: 12,
  streamState: 13,
  memoryUsed: 14,
  requestAllowed: 15,
  counter: 16,
  remoteSetting: 17,
  localSetting: 18,
  priority: 19,
  partialFrame: 20,
} as const

/** `enum h2_partial`: the frame, or header block, of which a part has been received. */
export const PartialFrame = {
  none: 0,
  data: 1,
  other: 2,
} as const

/** `enum h2_counter`. */
export const Counter = {
  framesReceived: 0,
  framesSent: 1,
  dataReceived: 2,
  dataSent: 3,
  streamsClosed: 4,
  resetsReceived: 5,
  resetsSent: 6,
  invalidFrames: 7,
} as const

/** `sizeof(nghttp2_nv)`: name, value, name length, value length, flags. */
export const FIELD_SIZE = 20
