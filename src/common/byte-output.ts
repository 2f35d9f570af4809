/** Where a session's bytes go. */
export interface ByteOutput {
  /** `bytes` are borrowed: overwritten after the call. `false`: enough for now. */
  write(bytes: Uint8Array): boolean
  /** Chunks that do not change any more. `false`: enough for now. */
  writev(chunks: readonly Uint8Array[]): boolean
}
