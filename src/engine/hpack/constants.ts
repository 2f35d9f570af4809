/** The size of a dynamic table until a setting changes it, in bytes (RFC 9113 §6.5.2). */
export const DEFAULT_HEADER_TABLE_SIZE = 4096
/** The default maximum of an `HDDeflater`'s dynamic table, in bytes. */
export const DEFLATE_MAX_HEADER_TABLE_SIZE = 4096
/** The overhead of an entry beyond its name and value, in bytes (RFC 7541 §4.1). */
export const HD_ENTRY_OVERHEAD = 32
