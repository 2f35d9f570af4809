import { HTTPError } from '../common/errors.ts'
import {
  type Body,
  type BodyChunk,
  chunkOf,
  DATA_DEFERRED,
  DATA_EOF,
  DATA_OK,
  type PullFunction,
  type PullResult,
} from './body.ts'
import { isThenable } from '../common/thenable.ts'

/** Reader of a body, whatever its kind. */
export interface BodySource {
  /** The next piece. A pull function is asked for about `size` bytes; other bodies choose the size. */
  pull(size: number): PullResult | Promise<PullResult>
  /** Cancels the body's stream or iterator: the rest is not read. */
  cancel(reason: unknown): void
}

const end: PullResult = [null, DATA_EOF]

/** Reads `body`; throws `ERR_INVALID_BODY` for what cannot be sent. */
export function bodySource(body: Body): BodySource {
  if (typeof body === 'function') return pullSource(body)
  if (typeof body !== 'object' || body === null) throw invalidBody()
  if (body instanceof Blob) return streamSource(body.stream())
  if (isReadableStream(body)) return streamSource(body)
  if (Symbol.asyncIterator in body) {
    return iteratorSource(body[Symbol.asyncIterator]())
  }
  if (Symbol.iterator in body) {
    return iteratorSource((body as Iterable<BodyChunk>)[Symbol.iterator]())
  }
  throw invalidBody()
}

function invalidBody(): HTTPError {
  return new HTTPError(
    'ERR_INVALID_BODY',
    'a body is null, a string, bytes, a Blob, a ReadableStream, an iterable, an async iterable or a function',
  )
}

/** Recognized by its members, because a stream may come from another realm or from a library. */
function isReadableStream(body: object): body is ReadableStream<BodyChunk> {
  return typeof (body as ReadableStream).getReader === 'function'
}

function pullSource(pull: PullFunction): BodySource {
  return {
    pull(size) {
      const result = pull(size)
      return isThenable(result)
        ? Promise.resolve(result as PromiseLike<PullResult>).then(checkedResult)
        : checkedResult(result)
    },
    cancel() {},
  }
}

/** The stream or the iterator of a library may return promises of another class. */
function streamSource(stream: ReadableStream<BodyChunk>): BodySource {
  const reader = stream.getReader()
  return {
    pull: () => Promise.resolve(reader.read()).then(resultOf),
    cancel(reason) {
      try {
        Promise.resolve(reader.cancel(reason)).catch(ignore)
      } catch {
        // The stream of a library has no such method; it is not read again.
      }
    },
  }
}

function iteratorSource(iterator: AsyncIterator<BodyChunk> | Iterator<BodyChunk>): BodySource {
  return {
    pull() {
      const step = iterator.next()
      return isThenable(step)
        ? Promise.resolve(step as PromiseLike<IteratorResult<BodyChunk>>).then(resultOf)
        : resultOf(step)
    },
    cancel() {
      try {
        Promise.resolve(iterator.return?.()).catch(ignore)
      } catch {
        // The body failed to stop; it is not read again.
      }
    },
  }
}

function resultOf(
  step: ReadableStreamReadResult<BodyChunk> | IteratorResult<BodyChunk>,
): PullResult {
  return step.done ? end : [chunkOf(step.value), DATA_OK]
}

function checkedResult(result: PullResult): PullResult {
  const [chunk, flag] = Array.isArray(result) ? (result as PullResult) : []
  if (flag !== DATA_OK && flag !== DATA_EOF && flag !== DATA_DEFERRED) {
    throw new HTTPError(
      'ERR_INVALID_BODY',
      `a pull function returns [bytes, flag], with the flag DATA_OK, DATA_EOF or DATA_DEFERRED, not ${String(flag)}`,
    )
  }
  if (chunk === null || chunk === undefined) return [null, flag]
  const bytes = chunkOf(chunk)
  return bytes === chunk ? result : [bytes, flag]
}

function ignore(): void {}
