/** Slots of an empty map. A map with more than `keptSlots` slots shrinks to this number when it is empty again. */
const fewestSlots = 8
const keptSlots = 256

/**
 * A map from stream ids, which are above 0, to objects. It replaces `Map`, which allocates a new table every few dozen
 * streams. An old table of a `Map` points to the new one for the sake of iterators. Once a table has moved to the
 * collector's old generation, it keeps its successor and the streams there alive until a full collection; that took a
 * fifth of the time on Deno. A peer that chooses ids for the same slot lengthens lookups only by its own open streams.
 */
export class StreamMap<T> {
  #size = 0
  /** Ids by slot; 0 marks a free slot. The length is a power of two. At most half of the slots are taken. */
  #ids: number[] = emptySlots(fewestSlots, 0)
  #values: (T | undefined)[] = emptySlots(fewestSlots, undefined)

  get size(): number {
    return this.#size
  }

  get(id: number): T | undefined {
    return this.#values[this.#find(id)]
  }

  set(id: number, value: T): void {
    let slot = this.#find(id)
    if (this.#ids[slot] === 0) {
      if (2 * ++this.#size > this.#ids.length) {
        this.#grow()
        slot = this.#find(id)
      }
      this.#ids[slot] = id
    }
    this.#values[slot] = value
  }

  delete(id: number): void {
    let hole = this.#find(id)
    const ids = this.#ids
    if (ids[hole] === 0) return
    if (--this.#size === 0 && ids.length > keptSlots) {
      this.clear()
      return
    }
    // Later entries move forward, but never before the slot that their id gives.
    const values = this.#values
    const mask = ids.length - 1
    for (let slot = (hole + 1) & mask; ids[slot] !== 0; slot = (slot + 1) & mask) {
      const distance = (slot - ids[slot]!) & mask
      if (distance < ((slot - hole) & mask)) continue
      ids[hole] = ids[slot]!
      values[hole] = values[slot]
      hole = slot
    }
    ids[hole] = 0
    values[hole] = undefined
  }

  clear(): void {
    this.#size = 0
    this.#ids = emptySlots(fewestSlots, 0)
    this.#values = emptySlots(fewestSlots, undefined)
  }

  /** A copy of the present values, in no order. */
  values(): T[] {
    return this.#values.filter((_, slot) => this.#ids[slot] !== 0) as T[]
  }

  /** The slot of `id`, or the free one that it would take. */
  #find(id: number): number {
    const ids = this.#ids
    const mask = ids.length - 1
    let slot = id & mask
    while (ids[slot] !== id && ids[slot] !== 0) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const ids = this.#ids
    const values = this.#values
    this.#ids = emptySlots(2 * ids.length, 0)
    this.#values = emptySlots(2 * ids.length, undefined)
    for (let from = 0; from < ids.length; from++) {
      if (ids[from] === 0) continue
      const slot = this.#find(ids[from]!)
      this.#ids[slot] = ids[from]!
      this.#values[slot] = values[from]
    }
  }
}

function emptySlots<T>(count: number, free: T): T[] {
  const slots: T[] = []
  // Array.from with a closure takes ten times as long, and each connection makes several arrays.
  for (let i = 0; i < count; i++) slots.push(free)
  return slots
}
