/** HPACK by itself (RFC 7541): `nghttp2-wasm/hpack`. */
export {
  DEFAULT_HEADER_TABLE_SIZE,
  DEFLATE_MAX_HEADER_TABLE_SIZE,
  HD_ENTRY_OVERHEAD,
} from './hpack/constants.ts'
export { type FieldText, HDDeflater } from './hpack/deflater.ts'
export { HDInflater } from './hpack/inflater.ts'
export { printHdTable } from './hpack/print.ts'
export { HDTableEntry } from './hpack/table-entry.ts'
export { HTTP2Error } from './errors.ts'
