import { Config, Io, Kind, Option, Role } from '../abi.ts'
import type { Engine } from '../engine.ts'
import { invalidArgument } from '../../common/arguments.ts'
import { type Limits, resolveLimits } from './limits.ts'
import {
  checkFunction,
  most32,
  mostTime,
  type NumberTable,
  resolveBoolean,
  type Resolved,
  resolveNumber,
} from '../../common/option-table.ts'
import type { Settings } from '../../common/settings.ts'

/** Options of a session. */
export interface SessionOptions {
  /** The settings of the first SETTINGS frame. */
  readonly settings?: Settings
  readonly limits?: Limits
  /** The connection's window for what the peer sends (RFC 9113 §6.9), in bytes: 65,535 to 2^31-1. Default 65,535. */
  readonly connectionWindowSize?: number
  /** The most bytes of the HPACK encoder's table, where the peer allows more: 0 to 2^32-1. Default 4096. */
  readonly maxDeflateTableSize?: number
  /** The most bytes of padding of HEADERS and DATA frames: 0 to 256. Default 0. */
  readonly padding?: number
  /** Streams that a client opens before the server's SETTINGS are received. Default 100. */
  readonly peerMaxConcurrentStreams?: number
  /** The session answers PING. Default true. */
  readonly autoPingAck?: boolean
  /**
   * Messages must be HTTP (RFC 9113 §8): malformed ones of the peer are reset, malformed ones that are submitted throw.
   * Default true.
   */
  readonly enforceMessaging?: boolean
  /** Report frames of unknown types instead of ignoring them. Default true. */
  readonly unknownFrames?: boolean
  /**
   * The input begins with the client's connection preface (RFC 9113 §3.4). False: the preface was read already. Default
   * true.
   */
  readonly expectPreface?: boolean
  /**
   * Milliseconds until the peer must have acknowledged SETTINGS. Default 10,000; 0, `Infinity`: no limit. See
   * `nextTimeout()`.
   */
  readonly settingsTimeout?: number
  /**
   * Two random words that key nghttp2's stream map. Default 0: the same bytes in give the same bytes out.
   * On the open internet pass random ones.
   */
  readonly seed?: readonly [number, number]
  /** Milliseconds, of any clock that does not run backwards. Default 0. */
  readonly now?: number
  /** The engine of the session. Default: the engine of this thread. */
  readonly engine?: Engine
  /** Converts the bytes from which the chunks for `ByteOutput.writev` are cut. Default: no conversion. */
  readonly view?: ((bytes: Uint8Array) => Uint8Array) | undefined
  /**
   * Omits the events that a server does not use, and calls `answered` instead of sending RST_STREAM (NO_ERROR).
   * Default: all events.
   */
  readonly quiet?: boolean
}

const allKinds = (1 << Kind.windowUpdate) | (1 << Kind.priorityUpdate) | (1 << Kind.diagnostic)
const quietKinds = (1 << Kind.priorityUpdate) | (1 << Kind.answered)

type Numbers = Required<
  Pick<
    SessionOptions,
    | 'connectionWindowSize'
    | 'maxDeflateTableSize'
    | 'padding'
    | 'peerMaxConcurrentStreams'
    | 'settingsTimeout'
  >
>

const numbers: NumberTable<Numbers> = {
  connectionWindowSize: { fallback: 65_535, least: 65_535, most: 0x7fff_ffff },
  maxDeflateTableSize: { fallback: 4096, least: 0, most: most32 },
  padding: { fallback: 0, least: 0, most: 256 },
  peerMaxConcurrentStreams: { fallback: 100, least: 0, most: most32, mayBeInfinite: true },
  settingsTimeout: { fallback: 10_000, least: 0, most: mostTime, mayBeInfinite: true },
}

/** The numeric options with their defaults filled in; throws `ERR_INVALID_ARGUMENT`. */
export function resolveSessionNumbers(options: SessionOptions): Resolved<Numbers> {
  const resolved: Partial<Record<keyof Numbers, number>> = {}
  for (const name of Object.keys(numbers) as (keyof Numbers)[]) {
    resolved[name] = resolveNumber(name, options[name], numbers[name])
  }
  return resolved as Resolved<Numbers>
}

/** Two words; the default is 0, twice. */
function resolveSeed(seed: SessionOptions['seed']): readonly [number, number] {
  if (seed === undefined) return [0, 0]
  if (!Array.isArray(seed) || seed.length !== 2) {
    throw invalidArgument('seed', 'two integers', seed)
  }
  const range = { fallback: 0, least: 0, most: most32 }
  return [resolveNumber('seed[0]', seed[0], range), resolveNumber('seed[1]', seed[1], range)]
}

function flag(isSet: boolean, bit: number): number {
  return isSet ? bit : 0
}

/** `Infinity` is the largest word: no limit. */
function word(limit: number): number {
  return Math.min(limit, most32)
}

/** Writes `h2_config` into scratch, for `h2_session_new`. Throws `ERR_INVALID_ARGUMENT` before anything is made. */
export function writeConfig(engine: Engine, isServer: boolean, options: SessionOptions): void {
  const limits = resolveLimits(options.limits)
  const { maxDeflateTableSize, padding, peerMaxConcurrentStreams } = resolveSessionNumbers(options)
  const { autoPingAck, enforceMessaging, unknownFrames, expectPreface, quiet } = options
  checkFunction('view', options.view)
  const seed = resolveSeed(options.seed)
  const config = new Uint32Array(Config.words)
  config[Config.role] = isServer ? Role.server : Role.client
  config[Config.options] =
    flag(!resolveBoolean('enforceMessaging', enforceMessaging, true), Option.noHttpMessaging) |
    flag(!resolveBoolean('autoPingAck', autoPingAck, true), Option.noAutoPingAck) |
    flag(resolveBoolean('unknownFrames', unknownFrames, true), Option.recvExtensions) |
    flag(!resolveBoolean('expectPreface', expectPreface, true), Option.noClientMagic)
  config[Config.eventMask] = resolveBoolean('quiet', quiet, false) ? quietKinds : allKinds
  config[Config.seed] = seed[0]
  config[Config.seed + 1] = seed[1]
  config[Config.now] = options.now ?? 0
  config[Config.maxPadding] = padding
  config[Config.maxDeflateTable] = maxDeflateTableSize
  config[Config.peerMaxConcurrent] = word(peerMaxConcurrentStreams)
  config[Config.memoryLimit] = word(limits.maxSessionMemory)
  config[Config.maxHeaderFields] = word(limits.maxHeaderFields)
  config[Config.maxHeaderBytes] = word(limits.maxHeaderListSize)
  config[Config.maxSendHeaderBlock] = word(limits.maxSendHeaderBlock)
  config[Config.maxOutboundAck] = word(limits.maxOutboundAcks)
  config[Config.maxOutboundQueue] = word(limits.maxOutboundQueue)
  config[Config.maxSettings] = word(limits.maxSettings)
  config[Config.maxContinuations] = word(limits.maxContinuations)
  config[Config.maxReservedRemote] = word(limits.maxReservedStreams)
  config[Config.resetBurst] = word(limits.streamResetBurst)
  config[Config.resetRate] = word(limits.streamResetRate)
  config[Config.glitchBurst] = word(limits.glitchBurst)
  config[Config.glitchRate] = word(limits.glitchRate)
  engine.memory.words.set(config, engine.memory.io(Io.scratch) >>> 2)
}
