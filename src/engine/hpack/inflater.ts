import { Io } from '../abi.ts'
import { Engine } from '../engine.ts'
import type { HeaderField } from '../fields.ts'
import { HDCoder } from './coder.ts'

/** An HPACK decoder (RFC 7541): the header blocks of one connection, in order. */
export class HDInflater extends HDCoder {
  constructor(engine: Engine = Engine.shared()) {
    super(engine, engine.exports.h2_inflater_new())
  }

  /**
   * Decodes one header block, whole, to names and values (a character a byte). Throws
   * `NGHTTP2_ERR_HEADER_COMP` when it is not one; the decoder cannot be used any more then.
   */
  inflate(block: Uint8Array): HeaderField[] {
    const { exports, memory } = this.engine
    const fields: HeaderField[] = []
    const capacity = memory.io(Io.inputCapacity)
    let at = 0
    do {
      const piece = block.subarray(at, at + capacity)
      at += piece.length
      memory.refresh()
      memory.bytes.set(piece, memory.io(Io.input))
      const result = exports.h2_inflate(this.live(), piece.length, at === block.length ? 1 : 0)
      if (result < 0) throw this.engine.error(result, 'the header block cannot be decoded')
      for (const field of this.readFields()) fields.push(field)
    } while (at < block.length)
    return fields
  }
}
