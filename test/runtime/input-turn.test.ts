import { expect, it } from 'vitest'
import { InputTurn } from '../../src/runtime/shared/input-turn.ts'
import type { TransportSink } from '../../src/transport/transport.ts'

/** Works so many milliseconds for each chunk. */
function sinkThatTakes(milliseconds: number): TransportSink {
  return {
    onData() {
      const end = performance.now() + milliseconds
      while (performance.now() < end);
    },
    onDrain() {},
    onEnd() {},
    onClose() {},
  }
}

it('others have their turn after a millisecond of work for long chunks, again and again', () => {
  const turn = new InputTurn()
  const long = new Uint8Array(65_536)
  expect([1, 2, 3].map(() => turn.deliver(sinkThatTakes(1.5), long))).toEqual([true, true, true])
  const halves = [1, 2].map(() => turn.deliver(sinkThatTakes(0.6), long))
  expect(halves).toContain(true)
})

it('short chunks are passed on, and not timed', () => {
  const turn = new InputTurn()
  expect(turn.deliver(sinkThatTakes(3), new Uint8Array(16_383))).toBe(false)
})
