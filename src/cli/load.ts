import { existsSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { extname, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type * as library from '../index.ts'
import type { Servable } from '../server/serve.ts'
import { currentRuntime } from './current-runtime.ts'

type Api = typeof library

/** A module to serve, and the library that it imports. */
export interface Application {
  readonly servable: Servable
  readonly api: Api
}

/** Imports the module of a file. Throws what it throws, and errors that say what to do. */
export async function loadApplication(file: string): Promise<Application> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Error(`there is no file ${file}`)
  const url = pathToFileURL(path).href
  const require = createRequire(url)
  prepareTypeScript(path, require)
  const module = (await import(url)) as { default?: unknown; fetch?: unknown }
  const servable = (await servableOf(module)) as Servable | undefined
  if (servable === undefined) {
    throw new Error(
      `${file} exports nothing to serve: export by default a function, { fetch }, or a class that ` +
        'extends BaseRequestHandler',
    )
  }
  return { servable, api: await apiOf(require) }
}

/** A module of CommonJS has its exports within the default one. */
function servableOf(module: { default?: unknown; fetch?: unknown }): unknown {
  const { default: exported } = module
  if (exported === undefined) return typeof module.fetch === 'function' ? module : undefined
  const nested = (exported as { default?: unknown } | null)?.default
  return nested === undefined ? exported : nested
}

/** The copy that the application imports, where it has one: its handlers are of that one's class. */
async function apiOf(require: NodeJS.Require): Promise<Api> {
  let path: string
  try {
    path = require.resolve('nghttp2-wasm')
  } catch {
    return import('../index.ts')
  }
  return (await import(pathToFileURL(path).href)) as Api
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
  register('./cli-typescript.js', import.meta.url, { data: pathToFileURL(esbuild).href })
}
