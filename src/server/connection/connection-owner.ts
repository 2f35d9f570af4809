import type { Connection } from './connection.ts'
import type { Application } from '../../exchange/exchange.ts'
import type { ResolvedOptions } from './options.ts'
import type { ReadAhead } from '../../exchange/read-ahead.ts'
import type { UnreadBudget } from './unread-budget.ts'

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly options: ResolvedOptions
  readonly application: Application
  readonly reusesReadBuffer: boolean
  readonly readAhead: ReadAhead
  readonly unread: UnreadBudget
  /** Milliseconds of a clock that does not run backwards. */
  now(): number
  /** As `Runtime.atEndOfTurn`. */
  atEndOfTurn(action: () => void): void
  /** The connection is gone. */
  forget(connection: Connection): void
}
