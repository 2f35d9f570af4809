/**
 * As much of the WebAssembly binary format as it takes to read the types of what a module exports, and to give an
 * exported function another body.
 */
const FUNC = 0
const sections = { type: 1, function: 3, export: 7, code: 10 }

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

/** An exported function: its index, which is also its place among the bodies, and the number of its parameters. */
export interface ExportedFunction {
  readonly index: number
  readonly parameters: number
}

/**
 * The module with other bodies for some of its exported functions. `bodyOf` gives the instructions of a body; a body
 * has no locals of its own.
 */
export function replaceBodies(
  binary: Uint8Array,
  bodies: Readonly<Record<string, (of: ExportedFunction) => readonly number[]>>,
): Uint8Array<ArrayBuffer> {
  const reader = new Reader(binary, 8)
  const types: number[] = []
  const functions: number[] = []
  const replaced = new Map<number, readonly number[]>()
  const parts: Uint8Array[] = [binary.subarray(0, 8)]
  while (!reader.isAtEnd) {
    const start = reader.at
    const id = reader.byte()
    const size = reader.number()
    const next = reader.at + size
    if (id === sections.type) reader.list(() => types.push(readParameters(reader)))
    if (id === sections.function) reader.list(() => functions.push(reader.number()))
    if (id === sections.export) {
      reader.list(() => {
        const body = bodies[reader.text()]
        reader.byte()
        const index = reader.number()
        if (body) replaced.set(index, body({ index, parameters: types[functions[index]!]! }))
      })
    }
    if (id === sections.code) {
      const code = [...number(functions.length)]
      let index = 0
      reader.list(() => {
        const length = reader.number()
        const old = binary.subarray(reader.at, (reader.at += length))
        const instructions = replaced.get(index++)
        // No locals, the instructions, the end.
        const body = instructions ? [0, ...instructions, 0x0b] : old
        code.push(...number(body.length))
        for (const byte of body) code.push(byte)
      })
      parts.push(Uint8Array.of(id, ...number(code.length)), Uint8Array.from(code))
    } else {
      parts.push(binary.subarray(start, next))
    }
    reader.at = next
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The number of a function type's parameters. */
function readParameters(reader: Reader): number {
  reader.byte()
  let count = 0
  reader.list(() => (reader.byte(), count++))
  reader.list(() => reader.byte())
  return count
}

/** An unsigned number in LEB128. */
function number(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest & 127) | 128)
  }
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
