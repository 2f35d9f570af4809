/** What fills the body of a response. */
export interface BodySender {
  /** The client took bytes, `buffered` are left: true to be `run()` once the records have been read. */
  sent(buffered: number): boolean
  /** Go on. */
  run(): void
  /** The source said it had nothing, and now has. */
  resume(): void
  /** The client is gone. */
  cancel(reason: unknown): void
  /** The stream is over: nothing of the body waits any more. */
  closed(): void
}
