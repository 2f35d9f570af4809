/**
 * `import 'nghttp2-wasm/globals'` replaces the global objects that `serve()` replaces when it is called. Import it
 * before a framework that reads the globals when it is loaded.
 */
import { overrideGlobalObjects } from './http/fetch/global-objects.ts'

overrideGlobalObjects()
