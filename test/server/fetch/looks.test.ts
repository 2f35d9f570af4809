// A request and a response as other code sees them, compared with the runtime's class: fixture/looks.ts has the table.
import { describe, expect, it } from 'vitest'
import { run, runtimeCommand, type RuntimeName, runtimeNames } from '../../support/processes.ts'
import { bundleProgram } from '../../support/program-server.ts'

interface Looks {
  readonly count: number
  readonly differences: readonly { readonly subject: string; readonly look: string }[]
  readonly read: { readonly text: string; readonly shown: string; readonly used: boolean }
  readonly connect: { readonly shown: string; readonly names: number }
  readonly fast: string
}

const prototypes = /a (method|getter) of the (first )?prototype$/

/** Looks that may differ. */
const known: Readonly<Record<RuntimeName, readonly RegExp[]>> = {
  // Node to 22 compares what it keeps under symbols: what has no body is equal to what says the same.
  node: [/^(request, GET|response, of nothing): deep equality$/],
  deno: [],
  bun: [
    // Its `credentials` and `referrer` are not those of the standard, and neither is the type of a JSON.
    /^request, \w+: (for in, read|every name)$/,
    /^response, of (a text|JSON): own console.log$/,
    // The request's body is a stream, where the other has it at once.
    /^request, POST: own console.log$/,
    // Neither can be done to an object of another class.
    /^request, \w+: (a getter of the (first )?prototype|structuredClone)$/,
  ],
}

async function lookOn(
  runtime: RuntimeName,
  options: readonly string[],
  expected: readonly RegExp[],
): Promise<void> {
  const file = await bundleProgram('test/server/fetch/fixture/looks.ts')
  const { command, args } = runtimeCommand(runtime, file, options)
  const { code, stdout, stderr } = await run(command, args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { count, differences, read, connect, fast } = JSON.parse(stdout) as Looks
  expect(count).toBeGreaterThan(200)
  const unexpected = differences.filter(({ subject, look }) =>
    expected.every((pattern) => !pattern.test(`${subject}: ${look}`)),
  )
  expect(unexpected).toEqual([])
  expect(read).toMatchObject({ text: 'a body', used: true, refused: 'TypeError' })
  expect(read.shown).toContain('Request')
  expect(connect.shown).toContain('CONNECT')
  expect(connect.names).toBeGreaterThan(20)
  expect(fast).toContain('Response')
}

describe.each(runtimeNames)('looks at a request and at a response: %s', (runtime) => {
  it("finds what the runtime's own have", () => lookOn(runtime, [], known[runtime]))

  it('and nearly all of it where the globals are left alone', () =>
    lookOn(runtime, ['--leave'], [...known[runtime], prototypes]))
})
