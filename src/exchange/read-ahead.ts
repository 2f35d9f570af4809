/** Bytes of response bodies that a connection reads ahead of its client. */
export const mostOfConnection: number = 1024 * 1024

/**
 * Bytes of response bodies that were read from their sources and wait for clients, against a limit: of a connection, and
 * by `parent` of the server. Beyond either, a body is read a piece at a time.
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

  /** Counts bytes that wait; a negative number: that wait no more. */
  add(bytes: number): void {
    this.#bytes += bytes
    this.#parent?.add(bytes)
  }
}
