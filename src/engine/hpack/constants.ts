/** The size of a dynamic table until a setting changes it, in bytes (RFC 9113 §6.5.2). */
export const DEFAULT_HEADER_TABLE_SIZE = 4096
/** What an `HDDeflater` uses at most unless told otherwise, in bytes. */
export const DEFLATE_MAX_HEADER_TABLE_SIZE = 4096
/** What an entry counts for beyond its name and value, in bytes (RFC 7541 §4.1). */
export const HD_ENTRY_OVERHEAD = 32
