/**
 * `import 'nghttp2-wasm/globals'`, before frameworks are imported, replaces the global objects that `serve()` replaces when
 * it is called, so that what a framework takes of them at its start are those.
 */
import { overrideGlobalObjects } from './http/fetch/global-objects.ts'

overrideGlobalObjects()
