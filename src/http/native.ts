import { LazyGlobal } from './lazy-global.ts'

export const nativeRequest: LazyGlobal<typeof Request> = new LazyGlobal('Request')
export const nativeResponse: LazyGlobal<typeof Response> = new LazyGlobal('Response')
