/** docs/API.md beside the code: the options and the error codes that there are, and no others. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/processes.ts'

const page = readFileSync(join(root, 'docs/API.md'), 'utf8')
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'))

/** The members that an interface of the sources has of its own. */
function membersOf(name: string): string[] {
  const pattern = new RegExp(String.raw`^export interface ${name}\b[^{]*\{\n([^]*?)^\}`, 'm')
  const bodies = sources.flatMap((text) => pattern.exec(text)?.[1] ?? [])
  if (bodies.length !== 1) throw new Error(`${bodies.length} interfaces are named ${name}`)
  return [...bodies[0]!.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member!)
}

function sectionOf(title: string): string {
  const [, ...sections] = page.split(/^## /m)
  const found = sections.find((section) => section.startsWith(`${title}\n`))
  if (found === undefined) throw new Error(`there is no section ${title}`)
  return found
}

/** What stands between backquotes in the first cells of a section's tables. */
function namesIn(section: string): string[] {
  const cells = [...section.matchAll(/^\| (`[^|]*?) \|/gm)].map(([, cell]) => cell!)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`(]+)[^`]*`/g)].map(([, name]) => name!))
}

const dotted = (prefix: string, type: string): string[] =>
  membersOf(type).map((name) => `${prefix}.${name}`)

const options: Readonly<Record<string, () => string[]>> = {
  'Options of both servers': () => [
    ...membersOf('ServerOptions'),
    ...['TlsCertificate', 'SecureContextOptions', 'TlsOptions'].flatMap((type) =>
      dotted('tls', type),
    ),
  ],
  Times: () => [...dotted('timeouts', 'Timeouts'), 'minDataRate', 'idleTimeout'],
  'Options of `serve`': () => membersOf('ServeOptions'),
  Settings: () => membersOf('Settings'),
  Limits: () => membersOf('Limits'),
  Responses: () => [
    ...new Set(['FastResponseInit', 'ResponseOptions', 'PushOptions'].flatMap(membersOf)),
  ],
  WebSockets: () => [...membersOf('NegotiateOptions'), ...membersOf('WebSocketOptions')],
  Sessions: () => [...membersOf('SessionOptions'), ...membersOf('MessageOptions')],
  'Sessions of HTTP/1.1': () => [
    ...dotted('limits', 'HTTP1Limits'),
    ...membersOf('HTTP1SessionOptions').filter((name) => name !== 'limits'),
  ],
  Engines: () => membersOf('EngineOptions'),
}

/** Codes of Node and of OpenSSL, which are looked at. */
const foreign = /^ERR_(MODULE_NOT_FOUND|O?SSL(_.*)?)$/

describe('docs/API.md', () => {
  it.each(Object.keys(options))('lists each option, and no other: %s', (title) => {
    expect(namesIn(sectionOf(title)).toSorted()).toEqual(options[title]!().toSorted())
  })

  it('has each error code, and no other', () => {
    const codes = sources.flatMap((text) => text.match(/(?<=')ERR_[A-Z0-9_]+(?=')/g) ?? [])
    const own = new Set(codes.filter((code) => !foreign.test(code)))
    const documented = namesIn(sectionOf('Errors')).filter((code) => !code.endsWith('_…'))
    expect(documented.toSorted()).toEqual([...own].toSorted())
  })

  it('has each entry point of the package', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>
    }
    const names = Object.keys(exports).filter((name) => name !== './package.json')
    const [head = ''] = page.split(/^## /m)
    expect(namesIn(head).toSorted()).toEqual(
      names.map((name) => name.replace(/^\./, 'nghttp2-wasm')).toSorted(),
    )
  })
})
