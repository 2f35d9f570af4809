import { existsSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { extname, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type * as library from '../index.ts'
import type { Servable } from '../server/fetch/serve.ts'
import { currentRuntime } from './current-runtime.ts'

type Api = typeof library

/** The module to serve, and the copy of this package that it imports. */
export interface Application {
  readonly servable: Servable
  readonly api: Api
}

/** A module cannot be parsed or throws while it is loaded. `cause` is the thrown value. */
export class LoadError extends Error {
  constructor(file: string, cause: unknown) {
    super(`${file} cannot be loaded`, { cause })
  }
}

/** Imports the module of a file. Throws a `LoadError`, or an error whose message says how to correct the command. */
export async function loadApplication(file: string): Promise<Application> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Error(`there is no file ${file}`)
  const url = pathToFileURL(path).href
  const require = createRequire(url)
  prepareTypeScript(path, require)
  const api = await apiOf(require)
  const [servable] = await load(file, url)
  if (servable === undefined || servable === null) {
    throw new Error(
      `${file} exports nothing to serve: export by default a function, { fetch }, or a class that ` +
        'extends BaseRequestHandler',
    )
  }
  return { servable: servable as Servable, api }
}

/** The module, in an array: `await` would read its member `then`, which a router may take for the name of a route. */
async function load(file: string, url: string): Promise<[servable: unknown]> {
  try {
    const module = (await import(url)) as { default?: unknown; fetch?: unknown }
    const exported = module.default ?? (isServable(module) ? module : undefined)
    return [unwrapped(exported instanceof Promise ? await exported : exported)]
  } catch (error) {
    throw new LoadError(file, error)
  }
}

function isServable(exported: unknown): boolean {
  if (typeof exported === 'function') return true
  return typeof (exported as { fetch?: unknown } | null)?.fetch === 'function'
}

/** A CommonJS module that was compiled from an ES module has the default export as its member `default`. */
function unwrapped(exported: unknown): unknown {
  if (isServable(exported)) return exported
  const nested = (exported as { default?: unknown } | null | undefined)?.default
  return isServable(nested) ? nested : exported
}

/**
 * The copy of this package that the application imports, where it has one: its handlers extend a class of that copy.
 * That copy replaces the global objects here, before a framework of the application reads them.
 */
async function apiOf(require: NodeJS.Require): Promise<Api> {
  const names = ['nghttp2-wasm', 'nghttp2-wasm/globals']
  let paths: string[]
  try {
    paths = names.map((name) => pathToFileURL(require.resolve(name)).href)
  } catch {
    await import('../globals.ts')
    return import('../index.ts')
  }
  await import(paths[1]!)
  return (await import(paths[0]!)) as Api
}

/** Node reads TypeScript from 22.18 on. */
function prepareTypeScript(path: string, require: NodeJS.Require): void {
  if (!/^\.m?tsx?$/.test(extname(path)) || currentRuntime() !== 'node') return
  const { features } = process as { features: { typescript?: unknown } }
  if (features.typescript && !path.endsWith('x')) return
  let esbuild: string
  try {
    esbuild = require.resolve('esbuild')
  } catch {
    throw new Error(
      `Node ${process.versions.node} cannot run ${path}: install esbuild beside it, take Node 22.18 or ` +
        'later for .ts, compile it to JavaScript, or pass --runtime deno or --runtime bun',
    )
  }
  // Stack traces then have the line numbers of the TypeScript source.
  process.setSourceMapsEnabled(true)
  register('./cli-typescript.js', import.meta.url, { data: pathToFileURL(esbuild).href })
}
