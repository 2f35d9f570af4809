import type { FlatFields } from '../../common/fields.ts'
import { Category } from '../../engine/abi.ts'
import { IgnoringSink } from '../../engine/ignoring-sink.ts'

/** Kinds of events. */
export const RequestEvent = { begun: 0, data: 1, trailers: 2, ended: 3, refused: 4 } as const

/** Elements that the array of events keeps. */
const keptElements = 256

/** The events of requests that wait for their turn: kind, detail, flags and ordinal number of each. */
export class RequestEvents extends IgnoringSink {
  #queue: unknown[] = []
  #first = 0
  /** The end of the elements in use. An array that is emptied by its length would have to grow again. */
  #end = 0

  get isEmpty(): boolean {
    return this.#first === this.#end
  }

  get kind(): number {
    return this.#queue[this.#first] as number
  }

  /** Fields, a part of a body, or a reason. */
  get detail(): unknown {
    return this.#queue[this.#first + 1]
  }

  /** Flags of a block; 0 for other events. */
  get flags(): number {
    return this.#queue[this.#first + 2] as number
  }

  get id(): number {
    return this.#queue[this.#first + 3] as number
  }

  /** Goes on to the next event. */
  shift(): void {
    this.#queue[this.#first + 1] = undefined
    this.#first += 4
    if (this.#first < this.#end) return
    if (this.#end > keptElements) this.#queue = []
    this.#first = this.#end = 0
  }

  clear(): void {
    this.#queue = []
    this.#first = this.#end = 0
  }

  /** Copies the parts of bodies that wait, because their memory will be overwritten. */
  keep(): void {
    for (let i = this.#first; i < this.#end; i += 4) {
      if (this.#queue[i] !== RequestEvent.data) continue
      this.#queue[i + 1] = (this.#queue[i + 1] as Uint8Array).slice()
    }
  }

  override headers(id: number, category: number, flags: number, fields: FlatFields): void {
    const isTrailers = category === Category.headers
    this.#add(isTrailers ? RequestEvent.trailers : RequestEvent.begun, fields, flags, id)
  }

  override data(id: number, chunk: Uint8Array): void {
    this.#add(RequestEvent.data, chunk, 0, id)
  }

  override streamEnded(id: number): void {
    this.#add(RequestEvent.ended, undefined, 0, id)
  }

  override refused(id: number, reason: number): void {
    this.#add(RequestEvent.refused, reason, 0, id)
  }

  #add(kind: number, detail: unknown, flags: number, id: number): void {
    const queue = this.#queue
    queue[this.#end++] = kind
    queue[this.#end++] = detail
    queue[this.#end++] = flags
    queue[this.#end++] = id
  }
}
