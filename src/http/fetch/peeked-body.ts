import { asBytes } from '../../common/bytes.ts'
import { bodyChangedError } from '../../common/body-changed.ts'
import type { BodyChunk } from '../body.ts'

type Step = ReadableStreamReadResult<BodyChunk>
type Reader = Pick<ReadableStreamDefaultReader<BodyChunk>, 'read' | 'cancel'>

/** Microtasks to wait for a step. The stream of a runtime's `Response` with a text takes up to ten. */
const patience = 32

/** A stream of which some steps were read; its reader goes on from there. It has the members that this package uses. */
export class PeekedBody {
  readonly #reader: Reader
  readonly #steps: Promise<Step>[]

  constructor(reader: Reader, steps: Promise<Step>[]) {
    this.#reader = reader
    this.#steps = steps
  }

  getReader(): Reader {
    return {
      read: () => this.#steps.shift() ?? this.#reader.read(),
      cancel: (reason) => this.#reader.cancel(reason),
    }
  }
}

/**
 * Reads the beginning of a stream: the body of a response made of a text or of bytes is a stream of one chunk. Gives
 * the bytes where the stream ends at once, else the stream. Rejects where it fails at once.
 */
export async function peek(stream: ReadableStream<BodyChunk>): Promise<BodyChunk | PeekedBody> {
  const reader = stream.getReader()
  const first = reader.read()
  const step = await atOnce(first)
  if (step === undefined) return new PeekedBody(reader, [first])
  if (step.done) return ''
  const second = reader.read()
  const last = await atOnce(second)
  const { value } = step
  if (last?.done && (typeof value === 'string' || isBytes(value))) return value
  return new PeekedBody(reader, [first, second])
}

function isBytes(value: unknown): value is Uint8Array {
  try {
    return asBytes(value) !== undefined
  } catch {
    throw bodyChangedError()
  }
}

/** The result of a step; `undefined` where it takes longer. */
function atOnce<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, turns()])
}

async function turns(): Promise<undefined> {
  for (let turn = 0; turn < patience; turn++) await settled
  return undefined
}

const settled = Promise.resolve()
