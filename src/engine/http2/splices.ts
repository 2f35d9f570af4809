import { Io } from '../abi.ts'
import { ErrorCode } from '../../common/errors.ts'
import type { Memory } from '../memory.ts'
import type { OutgoingBody } from './outgoing.ts'
import type { SessionSink } from '../sink.ts'
import type { StreamMap } from '../../common/stream-map.ts'
import { clearEndStream, rstStreamFrame } from './frames.ts'

/**
 * The output of the last call and slices of the bodies in turn. `output` is a copy of the output region; no body is
 * copied. The stream of a body that has lost bytes is appended to `changed`, and END_STREAM is cleared in its frame,
 * because the body is not complete.
 */
export function spliceBodies(
  memory: Memory,
  output: Uint8Array,
  bodies: StreamMap<OutgoingBody>,
  sink: SessionSink,
  changed: number[],
): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let splice = memory.io(Io.splices) >>> 2
  let from = 0
  for (let count = memory.io(Io.spliceCount); count > 0; count--, splice += 3) {
    const at = memory.words[splice]!
    const streamId = memory.words[splice + 1]!
    const taken = memory.words[splice + 2]!
    const body = bodies.get(streamId)!
    const wasChanged = body.isChanged
    // END_STREAM may be cleared below, in the memory that these slices share.
    chunks.push(output.subarray(from, at))
    body.take(taken, chunks)
    from = at
    if (body.isChanged) {
      const end = clearEndStream(output, at, taken)
      if (end !== undefined) {
        // nghttp2 has ended the stream, so it would not send RST_STREAM.
        chunks.push(output.subarray(at, end), rstStreamFrame(streamId, ErrorCode.INTERNAL_ERROR))
        from = end
      }
      if (!wasChanged) {
        changed.push(streamId)
        sink.bodyChanged(streamId)
      }
    }
    sink.dataSent(streamId, taken, body.length)
  }
  if (from < output.length) chunks.push(output.subarray(from))
  return chunks
}
