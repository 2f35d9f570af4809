/**
 * A program that listens by one of src/runtime. The first line a client sends names what its
 * connection does; what the listener tells is printed as lines of JSON.
 *
 *   fixture <runtime> <options as JSON>
 */
import process from 'node:process'
import type { Acceptor, Listening, ListenOptions, Runtime } from '../../src/server/transport.ts'
import { report } from './report.ts'
import { Peer } from './peer.ts'

/** Only the runtime asked for is loaded. */
async function load(name: string): Promise<Runtime> {
  if (name === 'deno') return (await import('../../src/runtime/deno.ts')).denoRuntime
  if (name === 'bun') return (await import('../../src/runtime/bun.ts')).bunRuntime
  return (await import('../../src/runtime/node.ts')).nodeRuntime
}

const [name = 'node', json = '{}'] = process.argv.slice(2)
const options = JSON.parse(json) as ListenOptions
const runtime = await load(name)
let listening: Listening | null = null

const acceptor: Acceptor = {
  onConnection(transport) {
    return new Peer(transport, async () => {
      await listening?.close()
      // The port is free: another listener takes it at once.
      const again = await runtime.listen({ ...options, port: listening!.address.port }, acceptor)
      await again.close()
      report({ event: 'closed', port: again.address.port })
    })
  },
  onRefused(error, remoteAddress) {
    const { code } = error as { code?: string }
    report({ event: 'refused', code, message: error.message, remoteAddress })
  },
}

try {
  listening = await runtime.listen(options, acceptor)
  report({
    event: 'listening',
    ...listening.address,
    reusesReadBuffer: listening.reusesReadBuffer,
  })
  Peer.reusesReadBuffer = listening.reusesReadBuffer
} catch (error) {
  const { code, message } = error as { code?: string; message: string }
  report({ event: 'failed', code, message })
}
