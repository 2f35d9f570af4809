/** Opcodes of frames (RFC 6455 §5.2). */
export const Opcode = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const

/** Status codes: why a WebSocket ended (RFC 6455 §7.4.1). */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  /** Never on the wire: the Close frame had no code. */
  NO_STATUS: 1005,
  /** Never on the wire: there was no Close frame. */
  ABNORMAL: 1006,
  INVALID_PAYLOAD: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  INTERNAL_ERROR: 1011,
} as const

/** Whether a Close frame may carry `code` (RFC 6455 §7.4; 1012 to 1014 were registered later). */
export function isWireCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
}
