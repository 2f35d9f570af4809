import { Io } from '../abi.ts'
import { checkBytes } from '../../common/arguments.ts'
import { checkEngine, type Engine } from '../engine.ts'
import type { HeaderField } from '../../common/fields.ts'
import { HDCoder } from './coder.ts'

/** An HPACK decoder (RFC 7541): the header blocks of one connection, in order. */
export class HDInflater extends HDCoder {
  constructor(engine?: Engine) {
    const own = checkEngine(engine)
    super(own, own.exports.h2_inflater_new())
  }

  /**
   * Decodes one complete header block to names and values (one character a byte), and `true` where a field is never
   * indexed. Throws `NGHTTP2_ERR_HEADER_COMP` for a malformed block; the decoder cannot be used after that.
   */
  inflate(given: Uint8Array): HeaderField[] {
    const block = checkBytes('block', given)
    const { exports, memory } = this.engine
    const fields: HeaderField[] = []
    const capacity = memory.io(Io.inputCapacity)
    let at = 0
    do {
      const piece = block.subarray(at, at + capacity)
      at += piece.length
      memory.bytes.set(piece, memory.io(Io.input))
      const result = exports.h2_inflate(this.live(), piece.length, at === block.length ? 1 : 0)
      // Also after an error: a string of an unread record would be missing where its slot occurs again.
      for (const field of this.readFields()) fields.push(field)
      if (result < 0) throw this.engine.error(result, 'the header block cannot be decoded')
    } while (at < block.length)
    return fields
  }
}
