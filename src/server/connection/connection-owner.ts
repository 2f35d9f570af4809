import type { Application } from '../../exchange/application.ts'
import type { ReadAhead } from '../../exchange/read-ahead.ts'
import type { ResolvedOptions } from './options.ts'
import type { ProtocolChooser, ProtocolHost } from './protocol.ts'
import type { Turns } from './output-scheduler.ts'
import type { UnreadBudget } from './unread-budget.ts'

/** The server of a connection. */
export interface ConnectionOwner extends Turns {
  readonly options: ResolvedOptions
  readonly application: Application
  readonly reusesReadBuffer: boolean
  readonly readAhead: ReadAhead
  readonly unread: UnreadBudget
  /** The connection that received bytes last. */
  receiver: ProtocolHost | undefined
  /** Milliseconds of a clock that does not run backwards. */
  now(): number
  /** Makes the object that determines the protocol of a connection. */
  chooserFor(connection: ProtocolHost): ProtocolChooser
  /** The connection is closed. */
  forget(connection: ProtocolHost): void
}
