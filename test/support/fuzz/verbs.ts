/** Verbs of a session of HTTP/2 that numbers choose, as an application may call them at any time. */
import { HTTP2Error, type Session, type SessionEvent } from '../../../src/engine/index.ts'
import type { Controls } from './controls.ts'

const request = { ':method': 'GET', ':scheme': 'http', ':authority': 'x', ':path': '/' }
const headerLists: readonly Record<string, string>[] = [
  { ':status': '200' },
  { ':status': '200', 'content-length': '5', 'x-long': 'v'.repeat(200) },
  { ':status': '204' },
  { ':status': '304', etag: '"x"' },
  { ':status': '103', link: '</a>' },
  request,
  { ...request, ':method': 'POST', cookie: 'a=b' },
  { ':method': 'CONNECT', ':authority': 'x:1' },
  { 'x-sum': '1' },
  {},
]
const lengths = [0, 1, 5, 100, 1000, 1025, 16_384, 50_000]

/** A session and the streams it knows of. */
export class Verbs {
  readonly session: Session
  readonly #ids: number[] = [1, 3]
  /** Codes of the errors that verbs threw. */
  readonly codes: Set<string> = new Set()

  constructor(session: Session) {
    this.session = session
  }

  heard(events: readonly SessionEvent[]): void {
    for (const event of events) {
      if (event.type === 'PushPromised') this.#ids.push(event.promisedStreamId)
      else if ('streamId' in event && event.streamId > 0 && !this.#ids.includes(event.streamId)) {
        this.#ids.push(event.streamId)
      }
    }
  }

  /** Calls one verb. An error that is no `HTTP2Error` is a defect. */
  call(controls: Controls): void {
    try {
      this.#call(controls)
    } catch (error) {
      if (!(error instanceof HTTP2Error)) throw error
      this.codes.add(error.code)
    }
  }

  #call(controls: Controls): void {
    const { session } = this
    const id = controls.below(16) === 0 ? 1 + controls.below(300) : controls.of(this.#ids)
    const number = controls.of([0, 1, 2, 100, 16_384, 65_535, 0x7fff_ffff])
    const bytes = new Uint8Array(controls.of(lengths)).fill(controls.next())
    const isLast = controls.below(2) === 1
    const fields = controls.of(headerLists)
    const verbs: readonly (() => unknown)[] = [
      () => this.#ids.push(session.submitRequest(fields, { body: bytes, endStream: isLast })),
      () => session.submitResponse(id, fields, { body: bytes, endStream: isLast }),
      () => session.submitResponse(id, fields, { endStream: isLast, halfClose: number > 100 }),
      () => session.sendData(id, bytes, isLast),
      () => session.sendData(id, 'é'.repeat(number % 600), isLast),
      () => session.submitTrailers(id, fields),
      () => session.submitInformational(id, fields),
      () => this.#ids.push(session.submitPushPromise(id, fields)),
      () => session.submitRstStream(id, number),
      () => session.submitSettings({ initialWindowSize: number, headerTableSize: number }),
      () => session.submitPing(bytes.subarray(0, 8), isLast),
      () => session.submitGoaway(number, isLast ? id : 0, 'debug'),
      () => session.submitShutdownNotice(),
      () => session.terminate(number),
      () => session.submitWindowUpdate(isLast ? 0 : id, number),
      () => session.setLocalWindowSize(isLast ? 0 : id, number),
      () => session.consume(id, number),
      () => session.discard(id, number),
      () => session.changePriority(id, { urgency: number % 8, incremental: isLast }, isLast),
      () => session.submitPriorityUpdate(id, 'u=1, i'),
      () => session.submitAltsvc(isLast ? 0 : id, isLast ? 'http://x' : '', 'clear'),
      () => session.submitOrigin(['https://a', 'https://b']),
      () => session.submitUnknownFrame(number % 256, number % 256, id, bytes),
      () => session.handleTimeout(session.now + number),
      () => session.upgrade(bytes.subarray(0, 6 * (number % 4)), isLast),
      () => [session.priority(id), session.streamState(id), session.counters, session.memoryUsed],
      () => [session.remoteWindowSize(id), session.localWindowSize(id), session.bufferedAmount(id)],
    ]
    controls.of(verbs)()
  }
}
