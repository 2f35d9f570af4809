import { FastResponse } from '../../http/fetch/fast-response.ts'
import type { WebSocketUpgrade } from '../websocket/negotiate-upgrade.ts'

/** The response that opens a WebSocket when a fetch handler returns it. */
export class UpgradeResponse extends FastResponse {
  readonly upgrade: WebSocketUpgrade

  constructor(upgrade: WebSocketUpgrade) {
    super(null, { headers: upgrade.fields })
    this.upgrade = upgrade
  }
}
