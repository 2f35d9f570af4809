/** HPACK by itself (RFC 7541): `nghttp2-wasm/hpack`. */
export {
  DEFAULT_HEADER_TABLE_SIZE,
  DEFLATE_MAX_HEADER_TABLE_SIZE,
  HD_ENTRY_OVERHEAD,
} from './constants.ts'
export { type FieldText, HDDeflater } from './deflater.ts'
export { HDInflater } from './inflater.ts'
export { printHdTable } from './print.ts'
export { HDTableEntry } from './table-entry.ts'
export { HTTP2Error, HTTPError } from '../../common/errors.ts'
