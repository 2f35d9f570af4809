/** Between these the size follows the connection. */
const least = 64 * 1024
const most = 1024 * 1024
/** Milliseconds in which a full transport is empty again: below, the next write may be larger; above, it is smaller. */
const soon = 10
const late = 50

/**
 * How many bytes are gathered for one write. Bytes that wait in the transport cannot be overtaken any more, so a slow
 * connection gets few at once: an urgent response (RFC 9218) is to wait for a twentieth of a second, not for a second.
 * A fast one gets many, because each write, and each wait for room, has its price.
 */
export class WriteSize {
  bytes: number = 256 * 1024
  #fullSince = 0

  /** The transport takes no more. */
  filled(now: number): void {
    this.#fullSince = now
  }

  /** The transport takes more again. */
  drained(now: number): void {
    const waited = now - this.#fullSince
    if (waited < soon) this.bytes = Math.min(this.bytes * 2, most)
    else if (waited > late) this.bytes = Math.max(this.bytes / 2, least)
  }
}
