/** Receiver of a session's output. */
export interface ByteOutput {
  /** `bytes` are borrowed: their memory is overwritten after the call. `false` asks the session to pause. */
  write(bytes: Uint8Array): boolean
  /** Takes chunks that do not change after the call. `false` asks the session to pause. */
  writev(chunks: readonly Uint8Array[]): boolean
}
