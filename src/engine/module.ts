import { wasmText } from '#nghttp2.wasm'
import type { Exports } from './abi.ts'

/** Where the WebAssembly module comes from: bytes, a compiled module, or an address to fetch. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL

let embedded: WebAssembly.Module | undefined

/** The module this package carries, compiled at the first call and then kept. */
export function embeddedModule(): WebAssembly.Module {
  embedded ??= new WebAssembly.Module(bytesOf(wasmText))
  return embedded
}

/**
 * Compiles a module from elsewhere, without blocking the thread: in a browser the exported
 * `nghttp2-wasm/nghttp2.wasm` by its URL, so that it is cached as a file of its own.
 */
export async function compileModule(source: ModuleSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  if (source instanceof URL) return WebAssembly.compileStreaming(fetch(source))
  return WebAssembly.compile(source)
}

/** A fresh instance: its own memory, no imports. */
export function instantiate(module: WebAssembly.Module): Exports {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports
  exports._initialize()
  return exports
}

/** A character a byte: gzip makes a fifth less of it than of base64. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  // A function that is called often is compiled sooner than a loop that goes on: half the time.
  for (let at = 0; at < bytes.length; at += 512) copyPiece(text, bytes, at)
  return bytes
}

function copyPiece(text: string, bytes: Uint8Array, at: number): void {
  const end = Math.min(at + 512, bytes.length)
  for (let i = at; i < end; i++) bytes[i] = text.charCodeAt(i)
}
