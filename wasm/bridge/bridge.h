/*
 * The bridge between nghttp2 and its host: everything that crosses the WebAssembly boundary.
 *
 * - A call goes in, records come out. nghttp2's callbacks append records to the event region; the
 *   host reads them once the call has returned. Nothing here calls the host.
 * - Exports are named `h2_…` and take and return i32 only. A negative result is an NGHTTP2_ERR_*.
 * - src/engine/abi.ts mirrors this file: region, record and config layouts stand in both, in the
 *   same order and by the same names.
 */
#ifndef NGHTTP2_WASM_BRIDGE_H
#define NGHTTP2_WASM_BRIDGE_H

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>

#include "nghttp2_map.h"

#define H2_EXPORT(NAME) __attribute__((export_name(#NAME), used))

/* ---- regions ------------------------------------------------------------------------------ */

/* Where the host finds everything; h2_init() returns its address. All fields are 32-bit words. */
typedef struct {
  uint8_t *input; /* the host writes received bytes here */
  uint32_t input_capacity;
  uint8_t *output; /* bytes to send, valid until the next h2_ call */
  uint32_t output_length;
  uint32_t *splices; /* triples: offset in output, stream id, length; the body bytes go there */
  uint32_t splice_count;
  uint32_t output_more; /* 1: another h2_session_send would give more */
  uint32_t *events;     /* the records of this call, valid until the next h2_ call */
  uint32_t event_words;
  uint8_t *scratch; /* the host writes arguments here: header fields, payloads */
  uint32_t scratch_capacity;
  uint8_t *strings; /* the host keeps the strings it sends often here */
  uint32_t strings_capacity;
  uint32_t memory_used;  /* bytes held by all sessions and tables */
  uint32_t input_unread; /* h2_session_receive: of what comes next, so much is payload of DATA */
  uint32_t ending;       /* h2_session_receive: 1: a GOAWAY that ends the session is queued or sent;
                            h1_session_receive: 1: the next byte begins a message */
  uint32_t ending_code;  /* the error code of the one that is queued, else 0 */
} h2_io;

extern h2_io h2_region;

enum {
  H2_INPUT_CAPACITY = 128 * 1024,
  H2_OUTPUT_CAPACITY = 128 * 1024,
  H2_SPLICE_CAPACITY = 512,
  H2_SCRATCH_CAPACITY = 64 * 1024,
  H2_STRINGS_CAPACITY = 64 * 1024,
  /* The largest piece nghttp2 hands out at once: a frame header, a pad length, 16 KiB. */
  H2_OUTPUT_RESERVE = 16384 + 512,
};

/* ---- event records ------------------------------------------------------------------------ */

/*
 * A record is a head word (kind | flags << 8) and what the table says. "string" is one word, the
 * slot of a string the host already has; or, with bit 31 set, the slot to keep it in (H2_NO_SLOT:
 * none), then the byte length, then the bytes padded to a word. "bytes" is a byte length and the
 * bytes padded to a word.
 */
enum h2_event {
  H2_EVENT_FIELD = 1,       /* string name, string value; flags H2_FIELD_* */
  H2_EVENT_HEADERS,         /* stream, category; flags H2_HEADERS_*; its fields came before */
  H2_EVENT_DATA,            /* stream, offset in the input, length */
  H2_EVENT_STREAM_ENDED,    /* stream: END_STREAM on a DATA frame */
  H2_EVENT_RST_STREAM,      /* stream, error code */
  H2_EVENT_STREAM_CLOSED,   /* stream, error code */
  H2_EVENT_SETTINGS,        /* count, then id and value of each; flags H2_ACK */
  H2_EVENT_PING,            /* eight bytes in two words; flags H2_ACK */
  H2_EVENT_GOAWAY,          /* last stream, error code, bytes debug data */
  H2_EVENT_WINDOW_UPDATE,   /* stream, increment */
  H2_EVENT_PUSH_PROMISE,    /* stream, promised stream; flags H2_HEADERS_* */
  H2_EVENT_PRIORITY_UPDATE, /* stream, bytes field value */
  H2_EVENT_ALTSVC,          /* stream, bytes origin, bytes field value */
  H2_EVENT_ORIGIN,          /* count, then bytes of each */
  H2_EVENT_EXTENSION,       /* type, frame flags, stream, bytes payload */
  H2_EVENT_FRAME_NOT_SENT,  /* frame type, stream, promised stream or 0, NGHTTP2_ERR_* */
  H2_EVENT_FRAME_INVALID,   /* frame type, stream, NGHTTP2_ERR_*: a received frame broke a rule */
  H2_EVENT_GOAWAY_SENT,     /* last stream, error code: by us, or by nghttp2 on its own */
  H2_EVENT_PIECE_SENT,      /* stream, length: so much of what h2_stream_push was given */
  H2_EVENT_DIAGNOSTIC, /* NGHTTP2_ERR_*, bytes message: what nghttp2 says of a peer's mistake */
  H2_EVENT_ANSWERED,   /* stream: answered in full, and its request has not ended */
  H2_EVENT_REFUSED,    /* message, h1_reason: of HTTP/1.1, after which nothing is parsed */
};

enum {
  H2_FIELD_FIRST = 1,       /* a new header block begins: what was collected before is void */
  H2_FIELD_NEVER_INDEX = 2, /* RFC 7541 §6.2.3 */
  H2_HEADERS_END_STREAM = 1,
  H2_HEADERS_TRUNCATED = 2, /* beyond the session's limits: fields were dropped */
  H2_HEADERS_EMPTY = 4,     /* no fields: what was collected before is void */
  H2_ACK = 1,
};

/* The first slot of texts.c; those before are of events.c. */
enum { H2_TEXT_SLOTS = 8192 };

#define H2_NEW_STRING 0x80000000U
#define H2_NO_SLOT 0x7fffffffU

/* Reserves a record; its words follow the head. NULL when memory ran out. */
uint32_t *h2_event_new(enum h2_event kind, uint32_t flags, uint32_t words);
/* Words that `length` bytes take as "bytes", their length included. */
uint32_t h2_bytes_words(size_t length);
/* Writes "bytes"; returns the word behind them. */
uint32_t *h2_put_bytes(uint32_t *at, const void *bytes, size_t length);
/* Appends a FIELD whose strings are looked up in, or added to, the string cache. */
int h2_event_field(nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint32_t flags);
void h2_events_clear(void);
/* Room for `words` words of records, which h2_event_written ends. NULL when memory ran out. */
uint32_t *h2_event_reserve(uint32_t words);
void h2_event_written(const uint32_t *end);
/* Words that a text takes at most as a "string". */
uint32_t h2_text_words(uint32_t length);
/* Writes a text as a "string"; returns the word behind it. `is_kept`: it may have a slot. */
uint32_t *h2_put_text(uint32_t *at, const uint8_t *bytes, uint32_t length, int is_kept);
void h2_texts_clear(void);

/* ---- memory ------------------------------------------------------------------------------- */

/* Who pays for an allocation, and how much it may have. First member of every handle. */
typedef struct {
  uint32_t used;
  uint32_t limit;
  uint32_t cached_strings; /* of its strings, so many are in the string cache */
} h2_account;

/* Forgets the cached strings that `owner` allocated; call before its memory goes away. */
void h2_strings_forget(const h2_account *owner);

/* An allocator that charges `account`; NULL (NGHTTP2_ERR_NOMEM) beyond its limit. */
nghttp2_mem h2_mem(h2_account *account);
void *h2_alloc(h2_account *account, size_t size);
void h2_free(h2_account *account, void *pointer);

/* ---- sessions ----------------------------------------------------------------------------- */

enum { H2_ROLE_SERVER = 0, H2_ROLE_CLIENT = 1 };

enum {
  H2_OPTION_NO_HTTP_MESSAGING = 1,
  H2_OPTION_NO_AUTO_PING_ACK = 2,
  H2_OPTION_RECV_EXTENSIONS = 4,
  H2_OPTION_NO_CLIENT_MAGIC = 8,
};

/*
 * The argument of h2_session_new, written by the host into the scratch region. Each word is taken
 * as it is; the defaults are the host's. A limit of UINT32_MAX is none.
 */
typedef struct {
  uint32_t role;
  uint32_t options;
  uint32_t event_mask; /* bit 1 << kind: which records to make of the optional kinds */
  uint32_t seed[2];    /* keys the stream map */
  uint32_t now;        /* milliseconds */
  uint32_t memory_limit;
  uint32_t max_header_fields;
  uint32_t max_header_bytes; /* names, values and 32 a field, RFC 9113 §6.5.2 */
  uint32_t max_padding;
  uint32_t max_deflate_table;
  uint32_t max_send_header_block;
  uint32_t max_outbound_ack;
  uint32_t max_outbound_queue;
  uint32_t max_settings;
  uint32_t max_continuations;
  uint32_t max_reserved_remote;
  uint32_t peer_max_concurrent;
  uint32_t reset_burst, reset_rate;
  uint32_t glitch_burst, glitch_rate;
} h2_config;

typedef struct h2_stream h2_stream;

/* What an unknown frame that waits to be sent will carry. */
typedef struct h2_payload {
  struct h2_payload *next, **link; /* `link` leads here: each ends in constant time */
  uint32_t length;
  uint8_t bytes[];
} h2_payload;

enum { H2_SKIPPED_RANGES = 8 };

/* Identifiers of streams between two. */
typedef struct {
  uint32_t after, before;
} h2_range;

typedef struct h2_session {
  h2_account account;
  nghttp2_mem mem;
  nghttp2_session *ng;
  const uint8_t *pending; /* a piece of output that found no room; borrowed from nghttp2 */
  size_t pending_length;
  size_t send_budget;  /* bytes this h2_session_send may still give */
  nghttp2_map streams; /* h2_stream by id: those that send a body, opened yet or not */
  h2_payload *payloads;
  h2_stream *ends;    /* streams that have nothing left to send but their end */
  uint8_t *extension; /* payload of the unknown frame being received */
  size_t extension_length;
  uint32_t role, options, event_mask, max_padding, max_outbound_queue;
  uint32_t max_header_fields, max_header_bytes;
  uint32_t block_noted;  /* fields of the header block being received that were told */
  uint64_t block_fields; /* and that came; the crumbs of a cookie are one */
  uint64_t block_crumbs;
  uint64_t block_bytes; /* of those that came: names, values and 32 a field */
  uint32_t block_truncated;
  uint32_t block_charged; /* it has cost a token */
  uint32_t requests_left; /* that may begin before h2_session_receive returns */
  uint32_t block_pauses;  /* a request that began when none was left */
  uint32_t invalid_tokens, invalid_burst, invalid_rate, invalid_refilled;
  uint32_t max_concurrent_streams; /* as acknowledged; see h2_settings_acknowledged */
  h2_range skipped[H2_SKIPPED_RANGES];
  uint32_t next_skipped;
  uint32_t is_terminated; /* by the host: a message submitted now is the host's mistake */
  uint32_t has_reused_id; /* a request came on a stream that was skipped before */
  uint32_t counters[8];
} h2_session;

enum {
  H2_COUNT_FRAMES_RECEIVED,
  H2_COUNT_FRAMES_SENT,
  H2_COUNT_DATA_RECEIVED,
  H2_COUNT_DATA_SENT,
  H2_COUNT_STREAMS_CLOSED,
  H2_COUNT_RESETS_RECEIVED,
  H2_COUNT_RESETS_SENT,
  H2_COUNT_INVALID_FRAMES,
};

/* The body that a stream sends: bytes we hold, behind them a credit for bytes the host holds. */
struct h2_stream {
  int32_t id;
  uint8_t *held; /* the next of `bytes`, or of `piece` */
  uint32_t held_length;
  uint32_t ready; /* bytes the host will splice in */
  uint8_t whole;  /* the body is in `bytes`, all of it */
  uint8_t last;   /* no more will come */
  uint8_t ended;  /* the end was handed to nghttp2 */
  uint8_t half_close;
  uint8_t deferred;
  uint32_t trailer_count;
  nghttp2_nv *trailers; /* one block with its strings; sent after the body */
  uint8_t *piece;       /* some of the body, from h2_stream_push; NULL when all of it is sent */
  uint32_t piece_capacity;
  h2_stream *next_end, **end_link; /* `end_link` leads here; NULL: not among the session's `ends` */
  uint8_t bytes[];
};

extern uint32_t h2_now; /* milliseconds, as last passed in */

nghttp2_session_callbacks *h2_callbacks(void);
void h2_received_callbacks(nghttp2_session_callbacks *callbacks);
/* Records two words; most facts need no more. 0, or NGHTTP2_ERR_CALLBACK_FAILURE without memory. */
int h2_note(enum h2_event kind, uint32_t flags, uint32_t first, uint32_t second);
/* Whether this session's host reads the optional kind. */
int h2_wanted(const h2_session *session, enum h2_event kind);
int h2_is_unknown(uint32_t frame_type);
void h2_huffman_init(void);
void h2_random(uint8_t *to, size_t length); /* keyed by the seed of the session being made */
h2_stream *h2_stream_new(h2_session *session, const uint8_t *bytes, uint32_t length);
/* Makes it the body of stream `id`. 0 or NGHTTP2_ERR_*. */
int h2_stream_attach(h2_session *session, h2_stream *stream, int32_t id);
h2_stream *h2_stream_find(h2_session *session, int32_t id);
/* Frees a stream that is not attached, and all it holds. NULL is none. */
void h2_stream_free(h2_session *session, h2_stream *stream);
/* Detaches a stream and frees it. */
void h2_stream_del(h2_session *session, h2_stream *stream);
void h2_payload_del(h2_session *session, h2_payload *payload);
/* Nothing is left of the stream's body but its end. */
void h2_end_add(h2_session *session, h2_stream *stream);
/* The end was sent, or the stream is gone; one that is not among the ends is left alone. */
void h2_end_remove(h2_stream *stream);
/* Whether h2_ends_send would send something. */
int h2_ends_wait(const h2_session *session);
/* Sends the ends that only a window holds up; trailers go by way of nghttp2. 0 or NGHTTP2_ERR_*. */
int h2_ends_send(h2_session *session);
/* END_STREAM has been sent on the stream. 0 or NGHTTP2_ERR_*. */
int h2_end_sent(h2_session *session, int32_t id);
/* A frame of the peer's cost more than it should. 0 or NGHTTP2_ERR_*. */
int h2_spend_invalid_token(h2_session *session, nghttp2_session *ng);
/* A frame of the peer's broke a rule. 0, or NGHTTP2_ERR_CALLBACK_FAILURE without memory. */
int h2_note_invalid(h2_session *session, const nghttp2_frame_hd *head, int code);
/* nghttp2's on_begin_frame callback. */
int h2_check_stream_id(nghttp2_session *ng, const nghttp2_frame_hd *head, void *user_data);
/* A header block begins. 0, or NGHTTP2_ERR_CALLBACK_FAILURE. */
int h2_check_tunnel(h2_session *session, nghttp2_session *ng, const nghttp2_frame *frame);
/* The peer has acknowledged our SETTINGS. */
void h2_settings_acknowledged(h2_session *session);
/* A setting of ours, as far as acknowledged. */
uint32_t h2_local_setting(const h2_session *session, uint32_t id);
/* Bytes of a header list that are taken: the session's limit, or what our SETTINGS said. */
uint64_t h2_header_list_limit(const h2_session *session);
/* `bytes` of the stream's body have been received. */
void h2_count_unread(nghttp2_session *ng, int32_t id, uint32_t bytes);
/* The stream closes: what the host has not taken in goes back to the connection's window. */
int h2_return_unread(nghttp2_session *ng, int32_t id);
nghttp2_ssize h2_stream_read(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t length,
                             uint32_t *flags, nghttp2_data_source *source, void *user_data);
int h2_stream_send(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
                   nghttp2_data_source *source, void *user_data);

#endif
