import { type Exports, type Handle, Io, type Pointer, type Result } from './abi.ts'
import { checkObject, invalidArgument } from '../common/arguments.ts'
import { type ErrorPlace, HTTPError, libraryCodeName } from '../common/errors.ts'
import { FieldWriter } from './field-writer.ts'
import { Memory } from './memory.ts'
import { most32, type NumberRange, resolveNumber } from '../common/option-table.ts'
import { embeddedModule, instantiate } from './module.ts'

/** Options of an engine. */
export interface EngineOptions {
  /** A compiled module. Default: the module of this package. */
  readonly module?: WebAssembly.Module
  /**
   * The most bytes of linear memory that all sessions together may hold. Default 768 MiB; the module's memory ends at 1
   * GiB.
   */
  readonly memoryLimit?: number
}

const memoryLimits: NumberRange = {
  fallback: 768 * 1024 * 1024,
  least: 0,
  most: most32,
  mayBeInfinite: true,
}

/** Bytes of linear memory, half of what the module has, that an engine without room may hold for no session. */
const mostLost = 512 * 1024 * 1024

/**
 * One instance of the module, which serves any number of sessions of one thread. A trap (a bug, or a stack that
 * overflowed) ends the instance and its sessions, and no others. The next session gets a new instance.
 */
export class Engine {
  static #shared: Engine | undefined

  readonly exports: Exports
  readonly memory: Memory
  readonly fields: FieldWriter
  #failure: HTTPError | undefined
  readonly #onFailure: Set<(error: HTTPError) => void> = new Set()

  constructor(options: EngineOptions = {}) {
    const { module, memoryLimit } = checkObject('options', options)
    if (module !== undefined && !(module instanceof WebAssembly.Module)) {
      throw invalidArgument('module', 'a WebAssembly.Module', module)
    }
    const limit = resolveNumber('memoryLimit', memoryLimit, memoryLimits)
    const exports = instantiate(module ?? embeddedModule())
    const io = exports.nw_init()
    if (io === 0) throw new HTTPError('NGHTTP2_ERR_NOMEM', 'no memory for an HTTP/2 engine')
    exports.nw_memory_limit(Math.min(limit, most32))
    this.memory = new Memory(exports, io)
    this.exports = guarded(exports, this.memory, (cause) => this.#fail(cause))
    this.fields = new FieldWriter(this.exports, this.memory)
  }

  /** The engine of this thread, made at the first call and made anew after a trap, or where its memory is lost. */
  static shared(): Engine {
    if (!Engine.#shared || Engine.#shared.failure) Engine.#shared = new Engine()
    return Engine.#shared
  }

  /** The error that ended this engine, if one did. */
  get failure(): HTTPError | undefined {
    return this.#failure
  }

  /** nghttp2's version, such as `1.70.0`. */
  get libraryVersion(): string {
    return this.memory.readCString(this.exports.nw_version())
  }

  /** Bytes of linear memory: its size, and the bytes that sessions hold now. */
  memoryUsage(): { size: number; used: number } {
    return { size: this.memory.size, used: this.memory.io(Io.memoryUsed) }
  }

  /** Calls `listener` when the engine fails. The result removes the listener. */
  onFailure(listener: (error: HTTPError) => void): () => void {
    if (typeof listener !== 'function') throw invalidArgument('listener', 'a function', listener)
    this.#onFailure.add(listener)
    return () => this.#onFailure.delete(listener)
  }

  /** The error for a negative result, with nghttp2's description. */
  error(result: Result, what: string, place: ErrorPlace = {}): HTTPError {
    const reason = this.memory.readCString(this.exports.nw_strerror(result))
    const where = place.streamId === undefined ? '' : ` on stream ${place.streamId}`
    return new HTTPError(libraryCodeName(result), `${what}${where}: ${reason}`, {
      ...place,
      errno: result,
    })
  }

  /**
   * The error for a session that there is no memory for. Where most of the module's memory is held by no session, a
   * defect has lost it: the sessions of this engine go on as they can, and the next one gets a new engine.
   */
  noMemoryFor(what: string): HTTPError {
    const { size, used } = this.memoryUsage()
    if (size - used > mostLost && Engine.#shared === this) Engine.#shared = undefined
    return new HTTPError('NGHTTP2_ERR_NOMEM', `no memory for ${what}`)
  }

  /** Copies bytes to the start of scratch, and returns their address. */
  writeScratch(...parts: readonly Uint8Array[]): Pointer {
    let length = 0
    for (const part of parts) length += part.length
    if (this.exports.nw_scratch_reserve(length) < 0) {
      throw new HTTPError('NGHTTP2_ERR_NOMEM', `no memory for ${length} bytes of arguments`)
    }
    const scratch = this.memory.io(Io.scratch)
    let at = scratch
    for (const part of parts) {
      this.memory.bytes.set(part, at)
      at += part.length
    }
    return scratch
  }

  /** Frees a handle. Does not throw, because no caller could handle a trap here. */
  release(del: 'h2_session_del' | 'h2_hpack_del' | 'h1_session_del', handle: Handle): void {
    if (this.#failure) return
    try {
      this.exports[del](handle)
    } catch {
      // The engine has failed, and has called its listeners.
    }
  }

  #fail(cause: unknown): HTTPError {
    if (!this.#failure) {
      this.#failure = new HTTPError(
        'ERR_ENGINE_FAILED',
        'the HTTP/2 engine trapped, its sessions are lost; new sessions get a new engine',
        { cause },
      )
      for (const listener of this.#onFailure) {
        try {
          listener(this.#failure)
        } catch {
          // A listener that throws must not keep the others from being called.
        }
      }
      this.#onFailure.clear()
    }
    return this.#failure
  }
}

/** Returns the engine; for `undefined`, the engine of this thread. Throws `ERR_INVALID_ARGUMENT`. */
export function checkEngine(engine: Engine | undefined): Engine {
  if (engine === undefined) return Engine.shared()
  if (engine instanceof Engine) return engine
  throw invalidArgument('engine', 'an Engine', engine)
}

/** Whether the instance is in an unknown state. Other errors come from arguments, before the export has run. */
function isTrap(cause: unknown): boolean {
  if (cause instanceof WebAssembly.RuntimeError) return true
  // A stack overflow is a RangeError in V8 and JavaScriptCore, and an InternalError in SpiderMonkey. Other RangeErrors
  // come from arguments.
  if (cause instanceof RangeError) return cause.message.startsWith('Maximum call stack size')
  return cause instanceof Error && cause.name === 'InternalError'
}

type Call = (...values: number[]) => number

/**
 * Wraps each export. A trap becomes the engine's failure, an instance that has trapped is not called again, and views
 * are refreshed after each call. There is a wrapper for each arity, which is 7 at most: spread arguments would cost
 * more than the calls.
 */
function guarded(exports: Exports, memory: Memory, fail: (cause: unknown) => HTTPError): Exports {
  let failure: HTTPError | undefined
  const failed = (cause: unknown): HTTPError => (failure = fail(cause))
  const wrap = (call: Call): Call => {
    if (call.length > 7) throw new Error('an export with more arguments than are passed on')
    switch (call.length) {
      case 0:
      case 1:
        return (a) => {
          if (failure) throw failure
          try {
            const result = call(a!)
            memory.refresh()
            return result
          } catch (cause) {
            throw isTrap(cause) ? failed(cause) : cause
          }
        }
      case 2:
      case 3:
        return (a, b, c) => {
          if (failure) throw failure
          try {
            const result = call(a!, b!, c!)
            memory.refresh()
            return result
          } catch (cause) {
            throw isTrap(cause) ? failed(cause) : cause
          }
        }
      default:
        return (a, b, c, d, e, f, g) => {
          if (failure) throw failure
          try {
            const result = call(a!, b!, c!, d!, e!, f!, g!)
            memory.refresh()
            return result
          } catch (cause) {
            throw isTrap(cause) ? failed(cause) : cause
          }
        }
    }
  }
  const wrapped: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(exports)) {
    wrapped[name] = typeof value === 'function' ? wrap(value as Call) : value
  }
  return wrapped as unknown as Exports
}
