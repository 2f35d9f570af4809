/** A socket's `close` event, in shape the standard's `CloseEvent`. */
export interface SocketCloseEvent extends Event {
  /** What the peer's Close frame says; 1005: nothing; 1006: there was none. */
  readonly code: number
  readonly reason: string
  /** Both sides have said Close. */
  readonly wasClean: boolean
}

/** What happened, for a `close` event. */
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

/** The runtime's own, where it has one. */
const closeEventClass: CloseEventConstructor =
  (globalThis as { CloseEvent?: CloseEventConstructor }).CloseEvent ?? OwnCloseEvent

export function closeEvent(init: SocketCloseInit): SocketCloseEvent {
  return new closeEventClass('close', init)
}

/** A socket's `error` event: what a server wants to know, unlike a page, it may. */
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
