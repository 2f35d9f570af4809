/**
 * A class of the runtime's own that some make when somebody first asks: Node 20 takes 40 ms for `Response`, Deno 12. A server
 * that nobody asks for it does without.
 */
export class LazyGlobal<T> {
  readonly #name: string
  /** Makes it; `undefined` once it is made. */
  #make: (() => T) | undefined
  #native: T | undefined
  readonly #waiting: ((native: T) => void)[] = []

  constructor(name: string) {
    this.#name = name
    const given = Object.getOwnPropertyDescriptor(globalThis, name)
    if (!given?.get || !given.configurable) {
      this.#native = Reflect.get(globalThis, name) as T
      return
    }
    this.#make = given.get
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: given.enumerable ?? false,
      get: () => {
        void this.native
        return Reflect.get(globalThis, name)
      },
      set: (value) => {
        void this.native
        Reflect.set(globalThis, name, value)
      },
    })
  }

  /** The runtime's own, whatever somebody may put in its place. */
  get native(): T {
    if (this.#make) {
      const value = this.#make.call(globalThis)
      this.#make = undefined
      this.#native = value
      const options = { writable: true, configurable: true, enumerable: false }
      Object.defineProperty(globalThis, this.#name, { value, ...options })
      for (const use of this.#waiting) use(value)
    }
    return this.#native!
  }

  /** Calls `use` once it is made, before anybody else sees it; now if it is there already. */
  whenMade(use: (native: T) => void): void {
    if (this.#make) this.#waiting.push(use)
    else use(this.#native!)
  }
}
