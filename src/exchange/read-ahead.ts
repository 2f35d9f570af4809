/** Bytes of response bodies that a connection reads ahead of its client. */
export const mostOfConnection: number = 1024 * 1024

/**
 * Counts bytes of response bodies that were read from their sources and wait for clients, against the limit of a
 * connection, and with `parent` against the limit of the server. Beyond either limit, a body is read a piece at a time.
 */
export class ReadAhead {
  readonly #limit: number
  readonly #parent: ReadAhead | undefined
  #bytes = 0

  constructor(limit: number, parent?: ReadAhead) {
    this.#limit = limit
    this.#parent = parent
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#limit && (this.#parent === undefined || this.#parent.hasRoom)
  }

  /** Counts bytes that wait; a negative number: bytes that do not wait any more. */
  add(bytes: number): void {
    this.#bytes += bytes
    this.#parent?.add(bytes)
  }
}
