import { HD_ENTRY_OVERHEAD } from './constants.ts'

/** An entry of an HPACK dynamic table (RFC 7541 §2.3.2). */
export class HDTableEntry {
  readonly name: string
  readonly nameLength: number
  readonly value: string
  readonly valueLength: number

  constructor(name: string, value: string) {
    this.name = name
    this.nameLength = name.length
    this.value = value
    this.valueLength = value.length
  }

  /** The size of the entry: its name, its value and 32 bytes (RFC 7541 §4.1). */
  space(): number {
    return this.nameLength + this.valueLength + HD_ENTRY_OVERHEAD
  }
}
