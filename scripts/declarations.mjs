// The declarations of the package: dist/types mirrors src/; the ones beside the bundles import from there.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { bin, filesUnder, root, run } from './tools.mjs'

/**
 * Types of the web that the declarations name, and their parameters. A consumer's `lib` may lack the DOM, and
 * `types` may lack Node: what is unknown there is `any`, and no error.
 */
const webTypes = {
  AbortSignal: '',
  AddEventListenerOptions: '',
  Blob: '',
  BufferSource: '',
  Event: '',
  EventListenerOptions: '',
  EventListenerOrEventListenerObject: '',
  EventTarget: '',
  FormData: '',
  Headers: '',
  MessageEvent: '<T = any>',
  ReadableStream: '<R = any>',
  ReferrerPolicy: '',
  Request: '',
  RequestCache: '',
  RequestCredentials: '',
  RequestDestination: '',
  RequestMode: '',
  RequestRedirect: '',
  Response: '',
  ResponseType: '',
  URL: '',
  URLSearchParams: '',
  WritableStream: '<W = any>',
}
/** Types that a class extends. */
const webClasses = ['EventTarget']

/** Writes the declarations. `entries`: the name of each entry point's bundle, and its source. Throws an Error. */
export function declare(entries) {
  const { code, output } = run(bin('tsc'), ['-p', 'tsconfig.types.json'])
  if (code !== 0) throw new Error('the declarations were not written', { cause: output })
  const web = join(root, 'dist/types/web.d.ts')
  for (const file of filesUnder('dist/types', /\.d\.ts$/)) {
    const path = join(root, file)
    const text = withExtensions(readFileSync(path, 'utf8'))
    writeFileSync(path, importOfWeb(text, relative(dirname(path), web)) + text)
  }
  writeFileSync(web, declarationsOfWeb())
  for (const [name, source] of Object.entries(entries)) {
    const target = source.replace(/^src\//, './types/').replace(/\.ts$/, '.js')
    // A consumer's settings may not know Symbol.dispose.
    const text = `/// <reference lib="esnext.disposable" />\nexport * from '${target}'\n`
    writeFileSync(join(root, 'dist', `${name}.d.ts`), text)
  }
}

/** tsc leaves the extensions of imports in declarations as they are in the source. */
function withExtensions(text) {
  return text.replaceAll(/(\b(?:from|import)\b[ (]*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
}

/** The line that imports what a file takes from the web's globals; none when it takes nothing. */
function importOfWeb(text, path) {
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '')
  const names = [...Object.keys(webTypes), 'WebAssembly'].filter(
    (name) =>
      new RegExp(String.raw`(?<![.\w$'"])${name}(?![\w$'"]|\??:)`).test(code) &&
      !new RegExp(
        String.raw`\b(?:class|interface|type) ${name}\b|^import [^]*?\b${name}\b.* from`,
        'm',
      ).test(code),
  )
  const from = path.startsWith('.') ? path : `./${path}`
  if (names.length === 0) return ''
  return `import type { ${names.join(', ')} } from '${from.replace(/\.d\.ts$/, '.js')}';\n`
}

function declarationsOfWeb() {
  const ignored = (line) => `// @ts-ignore: it may be unknown\n${line}\n`
  const types = Object.entries(webTypes).map(([name, parameters]) => {
    const values = parameters.replace(/ = any/, '')
    return ignored(`export type ${name}${parameters} = globalThis.${name}${values}`)
  })
  const classes = webClasses.map((name) =>
    ignored(`export declare const ${name}: typeof globalThis.${name}`),
  )
  const namespace = ignored('export import WebAssembly = globalThis.WebAssembly')
  return `/** The web's types, as far as the program knows them; else \`any\`. */\n${[...types, ...classes, namespace].join('')}`
}
