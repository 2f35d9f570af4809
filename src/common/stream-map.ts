/** Slots of a map that is empty; beyond `keptSlots` it goes back to so many when it is empty again. */
const fewestSlots = 8
const keptSlots = 256

/**
 * What belongs to the streams of a session, by their ids, which are above 0. In place of a `Map`, because streams come and go
 * by the hundred thousand: a `Map` makes itself a new table every few dozen of them, and the old one, for the sake of
 * iterators, points to the new one. Once an idle moment has moved one to the collector's old generation, each keeps its
 * successor alive, and that its streams, until the whole heap is looked through: on Deno a fifth of the time. A peer that picks
 * ids for the same slot makes a lookup pass those of its own streams that are open, and no others.
 */
export class StreamMap<T> {
  #size = 0
  /** 0: a free slot. As many as a power of two, at most half of them taken; an id is in the first free one from its own on. */
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
    // Those behind move up, as far as their own slots let them.
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

  /** Those that are there now, in no order. */
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
  // Array.from with a closure takes ten times as long, and each connection makes some of these.
  for (let i = 0; i < count; i++) slots.push(free)
  return slots
}
