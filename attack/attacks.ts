/** The attacks: what each client does, and what our server promises. docs/SECURITY-RESULTS.md says what came of them. */
import * as floods from './http1/floods.ts'
import * as slow1 from './http1/slow.ts'
import { smuggling } from './http1/smuggling.ts'
import * as blocks from './http2/continuation-flood.ts'
import { dataDribble } from './http2/data-dribble.ts'
import * as idleFrames from './http2/frames-without-effect.ts'
import * as lawful from './http2/lawful-floods.ts'
import * as bombs from './http2/header-bombs.ts'
import { deafClient, greedyClient } from './http2/large-responses.ts'
import { madeYouReset } from './http2/made-you-reset.ts'
import { oneByteFrames } from './http2/one-byte-frames.ts'
import * as resets from './http2/resets.ts'
import * as slowBlocks from './http2/slow-headers.ts'
import * as slow2 from './http2/slow-streams.ts'
import * as unread from './http2/unread-answers.ts'
import type { Attack, Protocol } from './lib/attack.ts'
import { quiet } from './lib/quiet.ts'
import { deflateBomb } from './websocket/bombs.ts'
import * as sockets from './websocket/floods.ts'

type Run = Attack['run']
type Promised = Pick<Attack, 'promised' | 'gets' | 'mostP99' | 'isAlone'>

/** What our server promises. `gets` must be among what the attacker gets, or how its first connection ends. */
const calm: Promised = { promised: 'GOAWAY ENHANCE_YOUR_CALM', gets: /^GOAWAY ENHANCE_YOUR_CALM/ }
/** A client that does not read, and does not stop, may see no GOAWAY. */
const calmOrReset: Promised = {
  promised: 'GOAWAY ENHANCE_YOUR_CALM, and the end',
  gets: /^GOAWAY ENHANCE_YOUR_CALM|^reset/,
}
const goaway: Promised = { promised: 'GOAWAY', gets: /^GOAWAY/ }
const share: Promised = { promised: 'its share, and bounded memory' }
const fair: Promised = { promised: 'its share: an honest p99 under 100 ms', mostP99: 100 }
const backPressure: Promised = { promised: 'it is not read while its answers wait' }
const streamReset: Promised = { promised: 'RST_STREAM CANCEL', gets: /^RST_STREAM CANCEL/ }

/** That this status ends the connection. */
function status(code: number): Promised {
  return { promised: `${code}, and the end`, gets: new RegExp(`^${code}, closed`) }
}

/** That this Close frame ends the WebSocket. */
function close(code: number): Promised {
  return { promised: `Close ${code}`, gets: new RegExp(`^Close ${code}`) }
}

type Row = readonly [name: string, cve: string, does: string, promised: Promised, run: Run]

const ofHttp2: readonly Row[] = [
  ['quiet', '', 'nothing: the honest client is alone', { promised: '' }, quiet],
  [
    'data-dribble',
    'CVE-2019-9511',
    'opens the windows of 100 large responses byte by byte',
    share,
    dataDribble,
  ],
  [
    'ping-flood',
    'CVE-2019-9512',
    'PINGs, whose answers it does not read',
    calmOrReset,
    unread.pingFlood,
  ],
  [
    'resource-loop',
    'CVE-2019-9513',
    'PRIORITY frames that shuffle a tree of streams',
    calm,
    idleFrames.resourceLoop,
  ],
  [
    'reset-flood',
    'CVE-2019-9514',
    'requests without a path; it reads no RST_STREAM',
    calmOrReset,
    resets.resetFlood,
  ],
  [
    'settings-flood',
    'CVE-2019-9515',
    'SETTINGS, whose acknowledgements it does not read',
    calmOrReset,
    unread.settingsFlood,
  ],
  [
    'empty-fields',
    'CVE-2019-9516',
    'fields without a name and a value, 1,000 a request',
    goaway,
    resets.emptyFields,
  ],
  [
    'deaf-client',
    'CVE-2019-9517',
    '500 large responses to open windows on sockets that are not read',
    backPressure,
    deafClient,
  ],
  ['empty-frames', 'CVE-2019-9518', 'DATA frames without a byte', calm, idleFrames.emptyFrames],
  ['rapid-reset', 'CVE-2023-44487', 'requests that it cancels at once', goaway, resets.rapidReset],
  [
    'continuation-flood',
    'CVE-2024-27316, 28182',
    'a header block of 1 kB fields without an end',
    calm,
    blocks.continuationFlood,
  ],
  [
    'empty-continuations',
    'CVE-2024-27316, 28182',
    'a header block of empty frames without an end',
    calm,
    blocks.emptyContinuations,
  ],
  ...(
    [
      ['window-zero', 'WINDOW_UPDATE by 0'],
      ['window-overflow', 'WINDOW_UPDATE beyond 2^31-1'],
      ['data-behind-the-end', 'DATA behind END_STREAM'],
      ['headers-behind-the-end', 'HEADERS behind END_STREAM'],
      ['priority-length', 'a PRIORITY frame of four bytes'],
      ['content-length', 'more DATA than content-length says'],
    ] as const
  ).map(([mistake, does]): Row => [
    `reset-by-${mistake}`,
    'CVE-2025-8671',
    `makes the server reset what it asked for: ${does}`,
    goaway,
    madeYouReset(mistake),
  ]),
  [
    'hpack-bomb',
    'CVE-2016-6581',
    '12,000 references to a field of 3.9 kB in one frame',
    calm,
    bombs.hpackBomb,
  ],
  [
    'long-hpack-bomb',
    'CVE-2016-6581',
    '120,000 of them in CONTINUATION frames',
    calm,
    bombs.longHpackBomb,
  ],
  [
    'http2-bomb',
    'CVE-2026-49975',
    '4,000 references to a field of one byte a request; windows stay shut',
    calm,
    bombs.http2Bomb,
  ],
  [
    'small-http2-bomb',
    'CVE-2026-49975',
    '120 such fields a request, which is within our limits',
    share,
    bombs.http2BombWithinLimits,
  ],
  [
    'cookie-crumbs',
    'CVE-2026-49975',
    '10,000 crumbs of a cookie a request',
    calm,
    bombs.cookieCrumbs,
  ],
  ['long-header-list', '', '100,000 fields in one block', calm, bombs.longHeaderList],
  [
    'window-updates',
    '',
    'WINDOW_UPDATE by one byte, on windows that are not used',
    calm,
    idleFrames.windowUpdates,
  ],
  ['greedy-client', '', '500 large responses, read as fast as they come', share, greedyClient],
  ['one-byte-frames', '', 'uploads in DATA frames of one byte', share, oneByteFrames],
  ['small-requests', '', 'small requests, 50 at a time', fair, lawful.smallRequests],
  ['uploads', '', 'uploads of a mebibyte, four at a time', fair, lawful.uploads],
]

/** Those that wait for a timeout. */
const slowOfHttp2: readonly Row[] = [
  ['slow-read', '', '50 large responses to windows that stay shut', streamReset, slow2.slowRead],
  ['dripping-read', '', 'the same, with a byte a second for each', streamReset, slow2.drippingRead],
  ['slow-post', '', '50 uploads whose bodies do not come', streamReset, slow2.slowPost],
  ['dripping-post', '', 'the same, with a byte a second for each', streamReset, slow2.drippingPost],
  ['slow-headers', '', 'a header block of a byte a second', calm, slowBlocks.slowHeaders],
  [
    'slow-headers-and-a-stream',
    '',
    'the same, beside a request that is open',
    calm,
    slowBlocks.slowHeadersBesideAStream,
  ],
]

const ofHttp1: readonly Row[] = [
  ['quiet-http1', '', 'nothing: the honest client is alone', { promised: '' }, quiet],
  [
    'smuggling',
    '',
    'messages that two programs may take for different ones',
    { promised: '400, and the end, for each', gets: /^refused$/ },
    smuggling,
  ],
  ['pipelined', '', 'pipelined requests', share, floods.pipelined],
  [
    'pipelined-unread',
    '',
    'pipelined requests, whose responses it does not read',
    backPressure,
    floods.pipelinedUnread,
  ],
  ['endless-head', '', 'a head of fields without an end', status(431), floods.endlessHead],
  ['endless-target', '', 'a request target without an end', status(414), floods.endlessTarget],
  [
    'endless-extension',
    'CVE-2024-22019',
    'a chunk extension without an end',
    status(413),
    floods.endlessChunkExtension,
  ],
  [
    'chunk-extensions',
    '',
    'chunks of one byte with an extension each',
    status(413),
    floods.chunkExtensions,
  ],
  ['endless-trailers', '', 'trailers without an end', status(400), floods.endlessTrailers],
]

const slowOfHttp1: readonly Row[] = [
  ['slow-head', 'Slowloris', 'a head of a field a second', status(408), slow1.slowHead],
  ['slow-body', '', 'uploads whose bodies do not come', status(408), slow1.slowBody],
  ['dripping-body', '', 'uploads of a byte a second', status(408), slow1.drippingBody],
  [
    'slow-reader',
    '',
    'large responses on sockets that are not read',
    { promised: 'the end', gets: /(?:closed|reset)$/, isAlone: true },
    slow1.slowReader,
  ],
]

const ofWebSocket: readonly Row[] = [
  ['deflate-bomb', '', 'a message that inflates from 256 KiB to 256 MiB', close(1009), deflateBomb],
  [
    'empty-fragments',
    '',
    'fragments without payload, of a message without an end',
    close(1008),
    sockets.emptyFragments,
  ],
  ['tiny-fragments', '', 'fragments of one byte, likewise', share, sockets.tinyFragments],
  ['unread-pongs', '', 'pings, whose answers it does not read', backPressure, sockets.unreadPongs],
  [
    'unread-echoes',
    '',
    'messages, whose echoes it does not read',
    backPressure,
    sockets.unreadEchoes,
  ],
]

function attacksOf(protocol: Protocol, rows: readonly Row[], isSlow: boolean): Attack[] {
  return rows.map(([name, cve, does, { promised, gets, mostP99, isAlone }, run]) => ({
    name,
    cve,
    protocol,
    does,
    promised,
    ...(gets && { gets }),
    ...(mostP99 && { mostP99 }),
    ...(isAlone && { isAlone }),
    isSlow,
    run,
  }))
}

export const attacks: readonly Attack[] = [
  ...attacksOf('HTTP/2', ofHttp2, false),
  ...attacksOf('HTTP/1.1', ofHttp1, false),
  ...attacksOf('WebSocket', ofWebSocket, false),
  ...attacksOf('HTTP/2', slowOfHttp2, true),
  ...attacksOf('HTTP/1.1', slowOfHttp1, true),
]
