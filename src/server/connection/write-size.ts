/** The bounds of the size, in bytes. */
const least = 64 * 1024
const most = 1024 * 1024
/**
 * Milliseconds until a full transport has room again. Below `soon` the next write is larger, above `late` it is
 * smaller.
 */
const soon = 10
const late = 50

/**
 * How many bytes are gathered for one write. Bytes that wait in the transport cannot be overtaken any more. A slow
 * connection therefore gets few bytes at once: an urgent response (RFC 9218) waits for a twentieth of a second, not for
 * a second. A fast connection gets many bytes at once, because each write and each wait for room has a cost.
 */
export class WriteSize {
  bytes: number = 256 * 1024
  #fullSince = 0

  /** The transport takes no more bytes. */
  filled(now: number): void {
    this.#fullSince = now
  }

  /** The transport takes bytes again. */
  drained(now: number): void {
    const waited = now - this.#fullSince
    if (waited < soon) this.bytes = Math.min(this.bytes * 2, most)
    else if (waited > late) this.bytes = Math.max(this.bytes / 2, least)
  }
}
