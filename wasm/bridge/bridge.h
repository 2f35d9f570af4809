/*
 * The shared part of the boundary between this module and its host: regions, event records, memory.
 * http2/http2.h and http1/http1.h declare what each protocol adds.
 *
 * - An export runs to its end without a call of the host. The callbacks of nghttp2 and llhttp
 * append records to the event region, and the host reads them once the export has returned.
 * - Exports take and return i32 only. Their prefix is `nw_` for the shared part, `h2_` for HTTP/2
 *   and HPACK, `h1_` for HTTP/1.1. A negative result is an NGHTTP2_ERR_*.
 * - src/engine/abi.ts mirrors the enums and structs that cross, with the same names in the same
 *   order. test/engine/boundary.test.ts compares the two.
 */
#ifndef NGHTTP2_WASM_BRIDGE_H
#define NGHTTP2_WASM_BRIDGE_H

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>

#define NW_EXPORT(NAME) __attribute__((export_name(#NAME), used))

/* Which side of a connection a session is. */
enum nw_role { NW_ROLE_SERVER = 0, NW_ROLE_CLIENT = 1 };

/* ---- regions ------------------------------------------------------------------------------ */

/* The addresses and sizes of the regions; nw_init() returns its address. 32-bit words only. */
typedef struct {
  uint8_t *input; /* received bytes; written by the host */
  uint32_t input_capacity;
  uint8_t *output; /* bytes to send, valid until the next call of an export */
  uint32_t output_length;
  uint32_t *splices; /* triples of offset in output, stream and length: body bytes to insert */
  uint32_t splice_count;
  uint32_t output_more; /* 1: another h2_session_send would give more */
  uint32_t *events;     /* the records of this call, valid until the next call of an export */
  uint32_t event_words;
  uint8_t *scratch; /* arguments written by the host: header fields, payloads */
  uint32_t scratch_capacity;
  uint8_t *strings; /* strings that the host sends often, written by the host */
  uint32_t strings_capacity;
  uint32_t memory_used;  /* bytes held by all sessions and tables */
  uint32_t input_unread; /* after a receive: the payload bytes of a body that come next */
  /* after h2_session_receive: 1: a GOAWAY that ends the session is queued or sent;
   * after h1_session_receive: 1: the next byte begins a message */
  uint32_t ending;
  uint32_t ending_code; /* the error code of the queued GOAWAY, else 0 */
} nw_io;

extern nw_io nw_region;

enum {
  NW_INPUT_CAPACITY = 128 * 1024,
  NW_OUTPUT_CAPACITY = 128 * 1024,
  NW_SPLICE_CAPACITY = 512,
  NW_SCRATCH_CAPACITY = 64 * 1024,
  NW_STRINGS_CAPACITY = 64 * 1024,
};

extern uint32_t nw_now; /* milliseconds, as the host last passed them */

/* ---- event records ------------------------------------------------------------------------ */

/*
 * A record is a head word (kind | flags << 8) and the words that the list below gives. A "string"
 * is one word, the slot of a string that the host has; or, with NW_NEW_STRING set, the slot to keep
 * it in (NW_NO_SLOT: none), then its byte length, then its bytes padded to a word. "bytes" is a
 * byte length and the bytes padded to a word. For HTTP/1.1, a "stream" is the ordinal number of a
 * message on its connection.
 */
enum nw_event {
  NW_EVENT_FIELD = 1,       /* string name, string value; flags nw_field_flag */
  NW_EVENT_HEADERS,         /* stream, nw_category; flags nw_block_flag; its fields came before */
  NW_EVENT_DATA,            /* stream, offset in the input, length */
  NW_EVENT_STREAM_ENDED,    /* stream: the end of a message that has a body */
  NW_EVENT_RST_STREAM,      /* stream, error code */
  NW_EVENT_STREAM_CLOSED,   /* stream, error code */
  NW_EVENT_SETTINGS,        /* count, then id and value of each; flags nw_frame_flag */
  NW_EVENT_PING,            /* eight bytes in two words; flags nw_frame_flag */
  NW_EVENT_GOAWAY,          /* last stream, error code, bytes debug data */
  NW_EVENT_WINDOW_UPDATE,   /* stream, increment */
  NW_EVENT_PUSH_PROMISE,    /* stream, promised stream; flags nw_block_flag */
  NW_EVENT_PRIORITY_UPDATE, /* stream, bytes field value */
  NW_EVENT_ALTSVC,          /* stream, bytes origin, bytes field value */
  NW_EVENT_ORIGIN,          /* count, then bytes of each */
  NW_EVENT_EXTENSION,       /* type, frame flags, stream, bytes payload */
  NW_EVENT_FRAME_NOT_SENT,  /* frame type, stream, promised stream or 0, NGHTTP2_ERR_* */
  NW_EVENT_FRAME_INVALID,   /* frame type, stream, NGHTTP2_ERR_*: a received frame broke a rule */
  NW_EVENT_GOAWAY_SENT,     /* last stream, error code; the host or nghttp2 has queued it */
  NW_EVENT_PIECE_SENT,      /* stream, length: bytes of an h2_stream_push that were sent */
  NW_EVENT_DIAGNOSTIC,      /* NGHTTP2_ERR_*, bytes message: nghttp2's text on a peer's error */
  NW_EVENT_ANSWERED,        /* stream: its response is complete, its request has not ended */
  NW_EVENT_REFUSED,         /* message, h1_reason: the rest of the connection is discarded */
};

/* Flags of a FIELD record. */
enum nw_field_flag {
  NW_FIELD_FIRST = 1,       /* the first field of a block: fields collected before are void */
  NW_FIELD_NEVER_INDEX = 2, /* RFC 7541 §6.2.3 */
};

/*
 * Flags of a HEADERS or PUSH_PROMISE record. LAST, HTTP10 and UPGRADE occur for HTTP/1.1 only, KEPT
 * and REPEATED for HTTP/2 only.
 */
enum nw_block_flag {
  NW_BLOCK_END_STREAM = 1,
  NW_BLOCK_TRUNCATED = 2,  /* fields beyond the session's limits were dropped */
  NW_BLOCK_EMPTY = 4,      /* the block has no fields: fields collected before are void */
  NW_BLOCK_LAST = 8,       /* no message follows on the connection (RFC 9112 §9.3) */
  NW_BLOCK_HTTP10 = 16,    /* the message is of HTTP/1.0 */
  NW_BLOCK_UPGRADE = 32,   /* Upgrade, CONNECT or 101: another protocol may follow the message */
  NW_BLOCK_KEPT = 64,      /* the host keeps the fields until another block has this flag */
  NW_BLOCK_REPEATED = 128, /* the fields are those that the host has kept; they have no records */
};

/* Flags of a SETTINGS or PING record. */
enum nw_frame_flag {
  NW_FRAME_ACK = 1,
};

/* The kind of block of a HEADERS record; the values of nghttp2_headers_category. */
enum nw_category {
  NW_CATEGORY_REQUEST,
  NW_CATEGORY_RESPONSE,
  NW_CATEGORY_PUSH_RESPONSE,
  NW_CATEGORY_HEADERS, /* trailers, or the fields after a 1xx response */
};

/* The first slot of texts.c; events.c has the slots below it. */
enum { NW_TEXT_SLOTS = 8192 };

#define NW_NEW_STRING 0x80000000U
#define NW_NO_SLOT 0x7fffffffU

/* Reserves a record; returns the word after its head. NULL without memory. */
uint32_t *nw_event_new(enum nw_event kind, uint32_t flags, uint32_t words);
/* Reserves room for `words` words of records; nw_event_written says where they end. NULL without
 * memory. */
uint32_t *nw_event_reserve(uint32_t words);
void nw_event_written(const uint32_t *end);
/* Records two words. 0, or NGHTTP2_ERR_CALLBACK_FAILURE without memory. */
int nw_note(enum nw_event kind, uint32_t flags, uint32_t first, uint32_t second);
/* Appends a FIELD whose strings are looked up in, or added to, the string cache. 0, or
 * NGHTTP2_ERR_NOMEM. */
int nw_event_field(nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint32_t flags);
/* Counts the strings that were given a slot. While the count is the same, each slot has the same
 * string. */
extern uint32_t nw_slots_taken;
/* Drops the records of the last call. */
void nw_events_clear(void);
/* Words that `length` bytes take as "bytes", the length word included. */
uint32_t nw_bytes_words(size_t length);
/* Writes "bytes"; returns the word after them. */
uint32_t *nw_put_bytes(uint32_t *at, const void *bytes, size_t length);
/* The most words that a text takes as a "string". */
uint32_t nw_text_words(uint32_t length);
/* Writes a text as a "string"; returns the word after it. `is_kept`: the text may get a slot. */
uint32_t *nw_put_text(uint32_t *at, const uint8_t *bytes, uint32_t length, int is_kept);
/* Empties the table of texts. */
void nw_texts_clear(void);

/* ---- memory ------------------------------------------------------------------------------- */

/* The account that the allocations of one handle are charged to. The first member of every
 * handle. */
typedef struct {
  uint32_t used;           /* bytes */
  uint32_t limit;          /* bytes; UINT32_MAX is none */
  uint32_t cached_strings; /* strings of this account that the string cache holds */
} nw_account;

/* Drops the strings of `owner` from the string cache. Call before their memory is freed. */
void nw_strings_forget(const nw_account *owner);

/* An allocator that charges `account`, and returns NULL beyond the limit. */
nghttp2_mem nw_mem(nw_account *account);
void *nw_alloc(nw_account *account, size_t size);
void nw_free(nw_account *account, void *pointer);

#endif
