/** Hooks for a Node that reads no TypeScript (before 22.18): esbuild of the application strips the types. */
import { readFile } from 'node:fs/promises'
import type { LoadHook } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Esbuild {
  transform(source: string, options: object): Promise<{ code: string }>
}

/** The error of esbuild for a source that it cannot parse. */
interface Failure {
  readonly errors?: readonly { readonly text: string; readonly location: Place | null }[]
}

interface Place {
  /** The first line is 1. */
  readonly line: number
  /** In bytes; the first is 0. */
  readonly column: number
  readonly lineText: string
}

let esbuild: Esbuild

/** Called by `register()` with the path of esbuild. */
export async function initialize(url: string): Promise<void> {
  const module = (await import(url)) as Esbuild & { default?: Esbuild }
  esbuild = module.default ?? module
}

const loaders: Readonly<Record<string, string>> = { '.ts': 'ts', '.mts': 'ts', '.tsx': 'tsx' }

export const load: LoadHook = async (url, context, nextLoad) => {
  const loader = url.startsWith('file:') ? loaders[extname(new URL(url).pathname)] : undefined
  if (loader === undefined) return nextLoad(url, context)
  const sourcefile = fileURLToPath(url)
  const source = await readFile(sourcefile, 'utf8')
  const options = { loader, sourcefile, format: 'esm', target: 'es2022', sourcemap: 'inline' }
  try {
    const { code } = await esbuild.transform(source, options)
    return { format: 'module', source: code, shortCircuit: true }
  } catch (error) {
    throw syntaxError(sourcefile, error as Failure)
  }
}

/** The message in Node's form: file and line number, the source line, the problem. */
function syntaxError(file: string, failure: Failure): unknown {
  const [first] = failure.errors ?? []
  if (!first?.location) return failure
  const { line, column, lineText } = first.location
  const error = new SyntaxError(first.text)
  const place = `${lineText}\n${' '.repeat(column)}^\n\n${String(error)}`
  error.stack = `${file}:${line}\n${place}\n    at ${file}:${line}:${column + 1}`
  return error
}
