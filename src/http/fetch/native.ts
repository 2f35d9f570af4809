import { LazyGlobal } from './lazy-global.ts'

export const nativeRequest: LazyGlobal<typeof Request> = new LazyGlobal('Request')
export const nativeResponse: LazyGlobal<typeof Response> = new LazyGlobal('Response')

type Mark = (value: object) => void

interface Modules {
  getBuiltinModule?(name: string): { readonly markAsUncloneable?: Mark } | undefined
}

/** Loads Node's function with the first object: to load that module takes 2 ms. */
let mark: Mark | undefined = (value) => {
  mark = findMark()
  mark?.(value)
}

/**
 * On Node, marks an object so that `structuredClone` and `postMessage` refuse it, as they refuse the runtime's requests
 * and responses. Deno recognizes it by the prototype, and Bun by the class.
 */
export function markUncloneable(value: object): void {
  mark?.(value)
}

function findMark(): Mark | undefined {
  if ('Deno' in globalThis || 'Bun' in globalThis) return undefined
  const modules = Reflect.get(globalThis, 'process') as Modules | undefined
  return modules?.getBuiltinModule?.('node:worker_threads')?.markAsUncloneable
}
