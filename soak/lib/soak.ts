/** One soak: a server process of a runtime, a process of clients, and what was seen of them. */
import { setTimeout as pause } from 'node:timers/promises'
import { ProcessUsage } from '../../bench/lib/process-usage.mjs'
import { makeCertificate } from '../../test/support/certificate.ts'
import {
  type Program,
  root,
  type RuntimeName,
  start,
  startOn,
} from '../../test/support/processes.ts'
import type { ClientLine } from '../client.ts'

export interface SoakOptions {
  readonly runtime: RuntimeName
  readonly minutes: number
  /** Actions a second. */
  readonly rate: number
  /** Milliseconds between two samples. */
  readonly interval: number
  /** Called with each sample. */
  readonly onSample?: (sample: Sample) => void
}

/** A line of the server. */
export interface ServerLine {
  readonly event: 'sample' | 'drained' | 'closed'
  readonly heapUsed: number
  readonly heapTotal: number
  readonly external: number
  /** Bytes of linear memory: all, and those that sessions use. */
  readonly linear: number
  readonly linearUsed: number
  readonly connectionsOpen: number
  readonly connectionsTotal: number
  readonly streamsOpen: number
  readonly streamsTotal: number
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Reports to `onError`, by source and code. */
  readonly reports: Readonly<Record<string, number>>
}

export interface Sample extends ServerLine {
  readonly seconds: number
  /** Bytes. */
  readonly resident: number
  /** Of one core, since the sample before. */
  readonly cpu: number
}

export interface SoakResult {
  readonly runtime: RuntimeName
  readonly minutes: number
  readonly rate: number
  readonly samples: readonly Sample[]
  readonly client: ClientLine
  /** After the clients have left; `undefined`: the server did not say. */
  readonly drained: ServerLine | undefined
  readonly closed: ServerLine | undefined
  /** Milliseconds from the close to the end of the process, and its code. */
  readonly exit: { readonly milliseconds: number; readonly code: number | null }
  /** What the server printed on stderr. */
  readonly stderr: string
}

/** Milliseconds. */
const patience = { client: 70_000, close: 20_000, exit: 5000 }

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { runtime, minutes, rate, interval } = options
  const tls = await makeCertificate()
  const timeout = minutes * 60_000 + 120_000
  const serverOptions = JSON.stringify({ tls, interval })
  await using server = await startOn(runtime, `${root}soak/server.mjs`, [serverOptions], {
    timeout,
    env: { NO_COLOR: '1' },
  })
  const [line] = await server.waitFor(/^\{"event":"listening".*\}$/m)
  const { ports } = JSON.parse(line) as { ports: [number, number] }
  const clientOptions = JSON.stringify({ ports, ca: tls.cert, rate, interval })
  await using client = await start(
    process.execPath,
    [`${root}build/soak/client.mjs`, clientOptions],
    { timeout },
  )

  const samples = await takeSamples(server, client, options)
  client.kill('SIGTERM')
  const clientLine = await lineOf<ClientLine>(client, 'done', patience.client)
  if (!clientLine) throw new Error(`the clients did not end: ${client.stderr()}`)
  server.kill('SIGTERM')
  const drained = await lineOf<ServerLine>(server, 'drained', patience.close)
  const closed = await lineOf<ServerLine>(server, 'closed', patience.close)
  const exit = await exitOf(server)
  return {
    runtime,
    minutes,
    rate,
    samples,
    client: clientLine,
    drained,
    closed,
    exit,
    stderr: server.stderr(),
  }
}

/** Each line of the server becomes a sample. Ends early when one of the processes has ended. */
async function takeSamples(
  server: Program,
  client: Program,
  { minutes, interval, onSample }: SoakOptions,
): Promise<Sample[]> {
  const usage = new ProcessUsage(server.pid)
  const samples: Sample[] = []
  const begun = performance.now()
  let [lastTime, lastCpu] = [begun, usage.cpuTime()]
  const hasEnded = Promise.race([server.exited, client.exited]).then(() => true)
  while (performance.now() - begun < minutes * 60_000) {
    if (await Promise.race([hasEnded, pause(interval, false)])) {
      throw new Error(
        `a process has ended.\n${server.stderr()}${client.stdout()}${client.stderr()}`,
      )
    }
    const line = linesOf<ServerLine>(server, 'sample').at(-1)
    if (!line) continue
    const [now, cpuTime] = [performance.now(), usage.cpuTime()]
    const sample = {
      ...line,
      seconds: (now - begun) / 1000,
      resident: usage.residentSize(),
      cpu: (cpuTime - lastCpu) / (now - lastTime),
    }
    ;[lastTime, lastCpu] = [now, cpuTime]
    samples.push(sample)
    onSample?.(sample)
  }
  return samples
}

function linesOf<Line>(program: Program, event: string): Line[] {
  const text = program.stdout()
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith(`{"event":"${event}"`))
    .map((line) => JSON.parse(line) as Line)
}

async function lineOf<Line>(
  program: Program,
  event: string,
  milliseconds: number,
): Promise<Line | undefined> {
  try {
    await program.waitFor(new RegExp(`^\\{"event":"${event}".*\\}$`, 'm'), milliseconds)
  } catch {
    return undefined
  }
  return linesOf<Line>(program, event)[0]
}

/** The process must end by itself. */
async function exitOf(server: Program): Promise<SoakResult['exit']> {
  const begun = performance.now()
  const killer = setTimeout(() => server.kill('SIGKILL'), patience.exit)
  const { code } = await server.exited
  clearTimeout(killer)
  return { milliseconds: performance.now() - begun, code }
}
