/** Thrown by code of the caller's that reading an argument has run. */
export class CallerError extends Error {}

const fail = (): never => {
  throw new CallerError('of the caller')
}
/** Each operation on a Proxy with this handler throws. */
const throwingTraps = new Proxy({}, { get: () => fail })

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function detached<T extends ArrayBufferView<ArrayBuffer>>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer] })
  return view
}

/** A view whose buffer has become too small for it. */
function outOfBounds(): Uint8Array {
  const buffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer
  const view = new Uint8Array(buffer, 4, 4)
  ;(buffer as unknown as { resize(length: number): void }).resize(2)
  return view
}

/** Values that a caller may pass by mistake, by their names. */
export const junk: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  '1n': 1n,
  NaN,
  Infinity,
  '-1': -1,
  '1.5': 1.5,
  '2 ** 31': 2 ** 31,
  '2 ** 32': 2 ** 32,
  "'1'": '1',
  "'x'": 'x',
  'Symbol()': Symbol('x'),
  '{}': {},
  '[]': [],
  "['x']": ['x'],
  '[[5, 5]]': [[5, 5]],
  'a list without elements': Array.from({ length: 3 }).fill(undefined),
  'a Set of a string': new Set(['ab']),
  'a Set of null': new Set([null]),
  'a function': () => {},
  'an object whose toString, valueOf and length throw': {
    toString: fail,
    valueOf: fail,
    get length() {
      return fail()
    },
  },
  'what calls itself an ArrayBuffer': { length: 3, [Symbol.toStringTag]: 'ArrayBuffer' },
  'a throwing Proxy': new Proxy({}, throwingTraps),
  'a throwing Proxy of a function': new Proxy(() => {}, throwingTraps),
  'a revoked Proxy': revoked(),
  'a Proxy of bytes': new Proxy(new Uint8Array(8), {}),
  'a Blob': new Blob(['x']),
  'detached bytes': detached(new Uint8Array(8)),
  'detached floats': detached(new Float32Array(2)),
  'a detached DataView': detached(new DataView(new ArrayBuffer(8))),
  'bytes out of bounds': outOfBounds(),
}

/** What a call throws. */
export function outcomeOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}
