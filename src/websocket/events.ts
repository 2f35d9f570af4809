/** A socket's `close` event, with the members of the standard's `CloseEvent`. */
export interface SocketCloseEvent extends Event {
  /** The code of the peer's Close frame; 1005: the frame had no code; 1006: there was no frame. */
  readonly code: number
  readonly reason: string
  /** Both sides have sent Close. */
  readonly wasClean: boolean
}

/** The members of a `close` event. */
export interface SocketCloseInit {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** Node 20 has no `CloseEvent`. */
class OwnCloseEvent extends Event implements SocketCloseEvent {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor(type: string, init: SocketCloseInit) {
    super(type)
    this.code = init.code
    this.reason = init.reason
    this.wasClean = init.wasClean
  }
}

type CloseEventConstructor = new (type: string, init: SocketCloseInit) => SocketCloseEvent

/** The runtime's `CloseEvent`, where it has one. */
const closeEventClass: CloseEventConstructor =
  (globalThis as { CloseEvent?: CloseEventConstructor }).CloseEvent ?? OwnCloseEvent

export function closeEvent(init: SocketCloseInit): SocketCloseEvent {
  return new closeEventClass('close', init)
}

/** A socket's `error` event. In contrast to the event of a browser, it has the error. */
export interface SocketErrorEvent extends Event {
  readonly error: Error
  readonly message: string
}

class OwnErrorEvent extends Event implements SocketErrorEvent {
  readonly error: Error

  constructor(error: Error) {
    super('error')
    this.error = error
  }

  get message(): string {
    return this.error.message
  }
}

export function errorEvent(error: Error): SocketErrorEvent {
  return new OwnErrorEvent(error)
}
