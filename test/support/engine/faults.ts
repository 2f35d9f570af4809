/** What a bug in the module may do, in the place of the bodies of its exports: a build that is broken on purpose. */
import { type ExportedFunction, replaceBodies } from './wasm-binary.ts'

const i32 = (value: number): number[] => [0x41, value]
const CALL = 0x10
const ADD = 0x6a
const STORE = [0x36, 2, 0]
const GROW = [0x40, 0]
const UNREACHABLE = 0x00
/** The global variable that is the stack pointer of the C. */
const stackPointer = 0

/** Calls itself; what follows the call keeps an engine from making a loop of it. */
const callItself = ({ index, parameters }: ExportedFunction): number[] => [
  ...Array.from({ length: parameters }, () => i32(0)).flat(),
  CALL,
  ...[(index & 127) | 128, (index >> 7) & 127],
  ...[...i32(1), ADD],
]

/** Faults by name. */
export const faults = {
  /** A store at 2^32 - 4. */
  'an out-of-bounds write': () => [...i32(0x7c), ...i32(1), ...STORE, ...i32(0)],
  'an abort': () => [UNREACHABLE],
  'an endless recursion': callItself,
  /** Each call has a frame of a KiB in linear memory, and writes to it. */
  'an endless recursion with frames in linear memory': (of: ExportedFunction) => [
    ...[0x23, stackPointer, 0x41, 0x80, 0x08, 0x6b, 0x24, stackPointer],
    ...[0x23, stackPointer, ...i32(1), ...STORE],
    ...callItself(of),
  ],
  /** Memory grows by 16 MiB for as long as it does; then the C gives up. */
  'endless growth': () => [
    ...[0x03, 0x40, 0x41, 0x80, 0x02, ...GROW, ...i32(0x7f), 0x47, 0x0d, 0, 0x0b],
    UNREACHABLE,
  ],
} as const

export type Fault = keyof typeof faults

/** The module in which each of these exports has that fault. */
export function withFaults(
  binary: Uint8Array,
  exports: Readonly<Record<string, Fault>>,
): Uint8Array<ArrayBuffer> {
  const bodies = Object.entries(exports).map(([name, fault]) => [name, faults[fault]] as const)
  return replaceBodies(binary, Object.fromEntries(bodies))
}
