import { Config, Io, Kind, Option, Role } from './abi.ts'
import type { Engine } from './engine.ts'
import { type Limits, defaultLimits } from './limits.ts'
import type { Settings } from './settings.ts'

/** How a session is made. */
export interface SessionOptions {
  /** What our first SETTINGS frame says; sent at once. */
  readonly settings?: Settings
  readonly limits?: Limits
  /**
   * Bytes the peer may have in flight on the connection (RFC 9113 §6.9), as ours to grant.
   * Default 65,535, the protocol's own.
   */
  readonly connectionWindowSize?: number
  /** Bytes of our HPACK encoder's table, whatever the peer allows. Default 4096. */
  readonly maxDeflateTableSize?: number
  /** Padding of HEADERS and DATA frames, at most so many bytes. Default 0. */
  readonly padding?: number
  /** Streams a client opens before the server's SETTINGS say how many. Default 100. */
  readonly peerMaxConcurrentStreams?: number
  /** Answer PING by itself. Default true. */
  readonly autoPingAck?: boolean
  /** Check that messages are HTTP (RFC 9113 §8): reset what is malformed. Default true. */
  readonly enforceMessaging?: boolean
  /** Report frames of unknown types instead of ignoring them. Default true. */
  readonly unknownFrames?: boolean
  /** The client's connection preface comes first (RFC 9113 §3.4). False: it was read already. Default true. */
  readonly expectPreface?: boolean
  /** Milliseconds for the peer to acknowledge SETTINGS. Default 10,000; 0: no limit. See `nextTimeout()`. */
  readonly settingsTimeout?: number
  /**
   * Two random words that key nghttp2's stream map. Default 0: the same bytes in give the same bytes out.
   * On the open internet pass random ones.
   */
  readonly seed?: readonly [number, number]
  /** Milliseconds, of any clock that does not run backwards. Default 0. */
  readonly now?: number
  /** The engine to live in. Default: this thread's. */
  readonly engine?: Engine
  /** Makes of bytes what chunks for `ByteOutput.writev` are cut from. Default: they are as they come. */
  readonly view?: ((bytes: Uint8Array) => Uint8Array) | undefined
  /**
   * Leave out of the records what a server has no use for, and tell `answered` instead of stopping clients by itself.
   * Default: everything is told.
   */
  readonly quiet?: boolean
}

const allKinds = (1 << Kind.windowUpdate) | (1 << Kind.priorityUpdate) | (1 << Kind.diagnostic)
const quietKinds = (1 << Kind.priorityUpdate) | (1 << Kind.answered)

/** Writes `h2_config` into scratch, for `h2_session_new`. */
export function writeConfig(engine: Engine, isServer: boolean, options: SessionOptions): void {
  const limits = { ...defaultLimits, ...options.limits }
  const config = new Uint32Array(Config.words)
  config[Config.role] = isServer ? Role.server : Role.client
  config[Config.options] =
    (options.enforceMessaging === false ? Option.noHttpMessaging : 0) |
    (options.autoPingAck === false ? Option.noAutoPingAck : 0) |
    (options.unknownFrames === false ? 0 : Option.receiveExtensions) |
    (options.expectPreface === false ? Option.noClientMagic : 0)
  config[Config.eventMask] = options.quiet ? quietKinds : allKinds
  config[Config.seed] = options.seed?.[0] ?? 0
  config[Config.seed + 1] = options.seed?.[1] ?? 0
  config[Config.now] = options.now ?? 0
  config[Config.maxPadding] = options.padding ?? 0
  config[Config.maxDeflateTable] = options.maxDeflateTableSize ?? 4096
  config[Config.peerMaxConcurrent] = options.peerMaxConcurrentStreams ?? 100
  config[Config.memoryLimit] = limits.maxSessionMemory
  config[Config.maxHeaderFields] = limits.maxHeaderFields
  config[Config.maxHeaderBytes] = limits.maxHeaderListSize
  config[Config.maxSendHeaderBlock] = limits.maxSendHeaderBlock
  config[Config.maxOutboundAck] = limits.maxOutboundAcks
  config[Config.maxOutboundQueue] = limits.maxOutboundQueue
  config[Config.maxSettings] = limits.maxSettings
  config[Config.maxContinuations] = limits.maxContinuations
  config[Config.maxReservedRemote] = limits.maxReservedStreams
  config[Config.resetBurst] = limits.streamResetBurst
  config[Config.resetRate] = limits.streamResetRate
  config[Config.glitchBurst] = limits.glitchBurst
  config[Config.glitchRate] = limits.glitchRate
  engine.memory.words.set(config, engine.memory.io(Io.scratch) >>> 2)
}
