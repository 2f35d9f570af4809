import type { FlatFields } from '../common/fields.ts'
import type { SessionSink } from './sink.ts'

/** A sink that ignores all events. Subclasses override the callbacks they need. */
export class IgnoringSink implements SessionSink {
  headers(_streamId: number, _category: number, _flags: number, _fields: FlatFields): void {}
  data(_streamId: number, _chunk: Uint8Array): void {}
  streamEnded(_streamId: number): void {}
  rstStream(_streamId: number, _errorCode: number): void {}
  streamClosed(_streamId: number, _errorCode: number): void {}
  settings(_isAck: boolean, _words: number[]): void {}
  ping(_isAck: boolean, _opaque: Uint8Array): void {}
  goaway(_lastStreamId: number, _errorCode: number, _debugData: Uint8Array): void {}
  windowUpdate(_streamId: number, _increment: number): void {}
  pushPromise(_streamId: number, _promisedId: number, _flags: number, _fields: FlatFields): void {}
  priorityUpdate(_streamId: number, _value: string): void {}
  altsvc(_streamId: number, _origin: string, _value: string): void {}
  origin(_origins: string[]): void {}
  extension(_type: number, _flags: number, _streamId: number, _payload: Uint8Array): void {}
  frameNotSent(_type: number, _streamId: number, _promisedId: number, _errno: number): void {}
  frameInvalid(_type: number, _streamId: number, _errno: number): void {}
  answered(_streamId: number): void {}
  goawaySent(_lastStreamId: number, _errorCode: number): void {}
  refused(_streamId: number, _reason: number): void {}
  diagnostic(_errno: number, _message: string): void {}
  bodyChanged(_streamId: number): void {}
  dataSent(_streamId: number, _length: number, _buffered: number): void {}
}
