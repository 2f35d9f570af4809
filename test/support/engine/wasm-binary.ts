/** As much of the WebAssembly binary format as it takes to read the types of what a module exports. */
const FUNC = 0
const sections = { type: 1, function: 3, export: 7 }

/** Of each exported function: the value types it takes and gives, as the format numbers them (0x7f: i32). */
export function exportedTypes(binary: Uint8Array): Map<string, number[]> {
  const types: number[][] = []
  const functions: number[] = []
  const exported = new Map<string, number[]>()
  const reader = new Reader(binary, 8)
  while (!reader.isAtEnd) {
    const id = reader.byte()
    const size = reader.number()
    const next = reader.at + size
    if (id === sections.type) reader.list(() => types.push(readFunctionType(reader)))
    if (id === sections.function) reader.list(() => functions.push(reader.number()))
    if (id === sections.export) {
      reader.list(() => {
        const name = reader.text()
        const kind = reader.byte()
        const index = reader.number()
        // No imports, so the index is the function's own.
        if (kind === FUNC) exported.set(name, types[functions[index]!]!)
      })
    }
    reader.at = next
  }
  return exported
}

function readFunctionType(reader: Reader): number[] {
  reader.byte() // 0x60: a function
  const values: number[] = []
  reader.list(() => values.push(reader.byte()))
  reader.list(() => values.push(reader.byte()))
  return values
}

class Reader {
  at: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.at++]!
  }

  /** LEB128. */
  number(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }

  text(): string {
    const length = this.number()
    this.at += length
    return String.fromCharCode(...this.#bytes.subarray(this.at - length, this.at))
  }

  list(readItem: () => void): void {
    for (let count = this.number(); count > 0; count--) readItem()
  }
}
