import { Io } from '../abi.ts'
import { checkEngine, type Engine } from '../engine.ts'
import { HTTPError } from '../../common/errors.ts'
import { checkBoolean, checkBytes, checkInteger, invalidArgument } from '../../common/arguments.ts'
import { type FlatFields, neverIndex } from '../../common/fields.ts'
import { HDCoder, largestTable } from './coder.ts'
import { DEFLATE_MAX_HEADER_TABLE_SIZE } from './constants.ts'

/** A name or a value: characters up to U+00FF, or bytes. */
export type FieldText = string | Uint8Array

/** An HPACK encoder (RFC 7541): the header blocks of one connection, in order. */
export class HDDeflater extends HDCoder {
  /** `maxTableSize` is the most bytes of the dynamic table, also after `changeTableSize`. */
  constructor(maxTableSize: number = DEFLATE_MAX_HEADER_TABLE_SIZE, engine?: Engine) {
    checkInteger('maxTableSize', maxTableSize, 0, largestTable)
    const own = checkEngine(engine)
    super(own, own.exports.h2_deflater_new(maxTableSize))
  }

  /**
   * Encodes one header block. Names are not changed; HTTP/2 requires lower case. A field with `neverIndexed` is not put
   * in the table, here or by intermediaries (RFC 7541 §6.2.3).
   */
  deflate(
    headers: Iterable<readonly [name: FieldText, value: FieldText, neverIndexed?: boolean]>,
  ): Uint8Array {
    const fields: FlatFields = []
    if (typeof headers?.[Symbol.iterator] !== 'function' || ArrayBuffer.isView(headers)) {
      throw invalidArgument('headers', 'an iterable of names and values', headers)
    }
    for (const pair of headers) {
      if (!Array.isArray(pair)) throw invalidArgument('headers', 'pairs of name and value', pair)
      const [name, value, neverIndexed] = pair
      if (neverIndexed !== undefined && checkBoolean('neverIndexed', neverIndexed)) {
        neverIndex(fields, fields.length)
      }
      fields.push(toLatin1(name), toLatin1(value))
    }
    const { exports, memory, fields: writer } = this.engine
    const handle = this.live()
    const count = fields.length >> 1
    writer.writeRaw(fields)
    let capacity = exports.h2_deflate_bound(handle, count)
    const room = memory.io(Io.inputCapacity)
    let to = memory.io(Io.input)
    if (capacity > room) {
      // The block may be longer than the input region, so it is written after the fields in scratch.
      writer.writeRaw(fields, capacity)
      to = memory.io(Io.scratch) + memory.io(Io.scratchCapacity) - capacity
    } else {
      capacity = room
    }
    const length = exports.h2_deflate(handle, count, to, capacity)
    if (length < 0) throw this.engine.error(length, 'the header block cannot be encoded')
    return memory.bytes.slice(to, to + length)
  }
}

function toLatin1(text: FieldText): string {
  if (typeof text !== 'string') {
    const bytes = checkBytes('a name or a value', text)
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  }
  if (/[^\0-\xff]/.test(text)) {
    throw new HTTPError(
      'ERR_INVALID_FIELD_VALUE',
      `${JSON.stringify(text)} has a character above U+00FF: pass its bytes`,
    )
  }
  return text
}
