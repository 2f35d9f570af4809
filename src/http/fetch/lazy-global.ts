/**
 * A global class that some runtimes make at its first use: Node 20 takes 40 ms for `Response`, Deno 12. A server that
 * does not use the class saves that time. The import of this file changes no global; `whenMade` puts a getter before a
 * class that is not made yet.
 */
export class LazyGlobal<T> {
  readonly #name: string
  /** The runtime's getter; `undefined` once the class is made. */
  #make: (() => T) | undefined
  #native: T | undefined
  readonly #waiting: ((native: T) => void)[] = []
  #isWatched = false

  constructor(name: string) {
    this.#name = name
    const given = Object.getOwnPropertyDescriptor(globalThis, name)
    if (given?.get && given.configurable) this.#make = given.get
    else this.#native = Reflect.get(globalThis, name) as T
  }

  /** The runtime's class, also where a program has replaced the global. */
  get native(): T {
    if (this.#make) {
      const before = this.#descriptor
      const value = this.#make.call(globalThis)
      const isInPlace = this.#isWatched || before?.get === this.#make
      this.#make = undefined
      this.#native = value
      const made = { value, writable: true, configurable: true, enumerable: false }
      // The runtime's getter writes to the global. A value that a program has put there is restored.
      const descriptor = isInPlace ? made : before
      if (descriptor) Object.defineProperty(globalThis, this.#name, descriptor)
      this.#isWatched = false
      for (const use of this.#waiting) use(value)
    }
    return this.#native!
  }

  /** Whether the global still is the runtime's. */
  get isInPlace(): boolean {
    return this.#descriptor?.value === this.native
  }

  /** Calls `use` when the class is made, before the program gets it; at once if it is made already. */
  whenMade(use: (native: T) => void): void {
    if (!this.#make) {
      use(this.#native!)
      return
    }
    this.#waiting.push(use)
    if (this.#isWatched) return
    // The program has used the class, or has replaced the global.
    if (this.#descriptor?.get !== this.#make) void this.native
    else this.#watch()
  }

  get #descriptor(): PropertyDescriptor | undefined {
    return Object.getOwnPropertyDescriptor(globalThis, this.#name)
  }

  #watch(): void {
    const name = this.#name
    this.#isWatched = true
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: this.#descriptor?.enumerable ?? false,
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
}
