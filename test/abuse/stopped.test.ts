/** A server whose process is stopped for longer than its timeouts, and goes on. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FaultsServer } from '../support/abuse/faults-server.ts'
import { runtimeNames } from '../support/processes.ts'
import { ACK, END_HEADERS, RawClient, requestFields, Type } from '../support/raw-client.ts'

const timeouts = { ping: 1000, pingAck: 1000 }

it.concurrent.each(runtimeNames)(
  '%s: a client that answered PING while the server was stopped is not given up',
  async (runtime) => {
    await using server = await FaultsServer.start(runtime, { timeouts })
    await using client = await RawClient.connect({ port: server.port } as never)
    client.headers(1, requestFields('POST', '/echo'), END_HEADERS)
    const { payload } = await client.next(({ type, flags }) => type === Type.PING && flags === 0)
    server.program.kill('SIGSTOP')
    client.frame(Type.PING, ACK, 0, payload)
    await pause(5000)
    server.program.kill('SIGCONT')
    // The looks that come a second after another.
    await pause(2500)
    expect(client.hasEnded).toBe(false)
    expect(server.lines('report')).toEqual([])
  },
)
