/** The servers under attack, each with its default options, in cleartext. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { bin, root } from '../test/support/processes.ts'
import type { Protocol } from './lib/attack.ts'

export interface Target {
  readonly name: string
  readonly isOurs: boolean
  /** The command that serves a protocol; `port` matters to a program that cannot take a free one. */
  command(protocol: Protocol, port: number): readonly string[] | undefined
}

const node = [process.execPath]
const deno = [bin('deno'), 'run', '-A', '--no-check']
const bun = [bin('bun'), 'run']
const server = (name: string): string => `${root}attack/servers/${name}.mjs`

/** Answers by the protocol of the attack. */
const ofNode: Readonly<Record<Protocol, string>> = {
  'HTTP/2': 'node-http2',
  'HTTP/1.1': 'node-http',
  WebSocket: 'node-http',
}

export const targets: readonly Target[] = [
  { name: 'ours-node', isOurs: true, command: () => [...node, server('ours')] },
  { name: 'ours-deno', isOurs: true, command: () => [...deno, server('ours')] },
  { name: 'ours-bun', isOurs: true, command: () => [...bun, server('ours')] },
  { name: 'node', isOurs: false, command: (protocol) => [...node, server(ofNode[protocol])] },
  { name: 'deno-serve', isOurs: false, command: () => [...deno, server('deno-serve')] },
  { name: 'bun-serve', isOurs: false, command: () => [...bun, server('bun-serve')] },
  {
    name: 'nghttpd',
    isOurs: false,
    command(protocol, port) {
      if (protocol !== 'HTTP/2') return undefined
      return ['nghttpd', '--no-tls', '-a', '127.0.0.1', '-d', htdocs(), String(port)]
    },
  },
]

/** Files with the names of the paths of attack/lib/paths.ts. */
function htdocs(): string {
  const folder = `${root}build/attack/htdocs`
  mkdirSync(folder, { recursive: true })
  for (const name of ['hello', 'read']) writeFileSync(`${folder}/${name}`, 'hello')
  writeFileSync(`${folder}/download`, '')
  truncateSync(`${folder}/download`, 64 * 1024 * 1024)
  return folder
}
