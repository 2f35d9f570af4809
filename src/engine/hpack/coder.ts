import { FieldFlag, type Handle, Io } from '../abi.ts'
import { checkInteger } from '../../common/arguments.ts'
import type { Engine } from '../engine.ts'
import { HTTPError } from '../../common/errors.ts'
import type { HeaderField } from '../../common/fields.ts'
import { forgetNoMore, freeWhenForgotten } from '../finalization.ts'
import { HDTableEntry } from './table-entry.ts'

/** SETTINGS_HEADER_TABLE_SIZE is 32 bits (RFC 9113 §6.5.2). */
export const largestTable = 0xffff_ffff

/** The common part of the two coders: a handle, the dynamic table, disposal. */
export class HDCoder {
  protected readonly engine: Engine
  #handle: Handle

  protected constructor(engine: Engine, handle: Handle) {
    if (handle === 0) throw new HTTPError('NGHTTP2_ERR_NOMEM', 'no memory for an HPACK table')
    this.engine = engine
    this.#handle = handle
    freeWhenForgotten(this, { engine, free: 'h2_hpack_del', handle })
  }

  /** Resizes the dynamic table, in bytes; entries that no longer fit are dropped (RFC 7541 §4.3). */
  changeTableSize(size: number): void {
    checkInteger('size', size, 0, largestTable)
    const result = this.engine.exports.h2_hpack_change_table_size(this.live(), size)
    if (result < 0) throw this.engine.error(result, 'the table size cannot be changed')
  }

  /** A copy of the dynamic table, the newest entry first: index 62 onwards (RFC 7541 §2.3.3). */
  getHdTable(): HDTableEntry[] {
    const result = this.engine.exports.h2_hpack_table(this.live())
    if (result < 0) throw this.engine.error(result, 'the table cannot be read')
    return this.readFields().map(([name, value]) => new HDTableEntry(name, value))
  }

  /** Returns the table's memory; the coder cannot be used afterwards. */
  dispose(): void {
    if (this.#handle === 0) return
    forgetNoMore(this)
    this.engine.release('h2_hpack_del', this.#handle)
    this.#handle = 0
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  protected live(): Handle {
    if (this.#handle !== 0) return this.#handle
    throw new HTTPError('ERR_SESSION_DISPOSED', 'this HPACK coder was disposed of: make a new one')
  }

  /** The FIELD records of the last call. */
  protected readFields(): HeaderField[] {
    const { memory } = this.engine
    const fields: HeaderField[] = []
    let at = memory.io(Io.events) >>> 2
    const end = at + memory.io(Io.eventWords)
    while (at < end) {
      const flags = memory.words[at]! >>> 8
      const name = memory.readString(at + 1)
      const value = memory.readString(memory.afterString)
      fields.push(flags & FieldFlag.neverIndex ? [name, value, true] : [name, value])
      at = memory.afterString
    }
    return fields
  }
}
