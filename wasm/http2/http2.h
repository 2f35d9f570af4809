/*
 * HTTP/2 between nghttp2 and the host (RFC 9113): the config, the exports' enums, and what the
 * files of this folder share. A session is one side of a connection.
 */
#ifndef NGHTTP2_WASM_HTTP2_H
#define NGHTTP2_WASM_HTTP2_H

#include "bridge.h"
#include "nghttp2_map.h"

/* The largest piece that nghttp2 gives at once: a frame header, a pad length, 16 KiB. */
enum { H2_OUTPUT_RESERVE = 16384 + 512 };

/* ---- sessions ----------------------------------------------------------------------------- */

enum h2_option {
  H2_OPTION_NO_HTTP_MESSAGING = 1,
  H2_OPTION_NO_AUTO_PING_ACK = 2,
  H2_OPTION_RECV_EXTENSIONS = 4,
  H2_OPTION_NO_CLIENT_MAGIC = 8,
};

/*
 * The argument of h2_session_new, written by the host into the scratch region. The host fills in
 * the defaults. A limit of UINT32_MAX is none.
 */
typedef struct {
  uint32_t role;
  uint32_t options;
  uint32_t event_mask; /* bit 1 << kind: append records of this optional kind */
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

/* The questions of h2_session_ask. */
enum h2_ask {
  H2_ASK_WANT_READ,
  H2_ASK_WANT_WRITE,
  H2_ASK_REMOTE_WINDOW,       /* bytes that may be sent on the connection */
  H2_ASK_LOCAL_WINDOW,        /* bytes that the peer may send on the connection */
  H2_ASK_RECEIVED_UNCONSUMED, /* bytes received on the connection since the last WINDOW_UPDATE */
  H2_ASK_STREAM_REMOTE_WINDOW,
  H2_ASK_STREAM_LOCAL_WINDOW,
  H2_ASK_STREAM_RECEIVED_UNCONSUMED,
  H2_ASK_OUTBOUND_QUEUE,
  H2_ASK_DEFLATE_TABLE,
  H2_ASK_INFLATE_TABLE,
  H2_ASK_LAST_PROCESSED_STREAM,
  H2_ASK_NEXT_STREAM,
  H2_ASK_STREAM_STATE, /* 0: none; else 1, plus 1 where this side has ended, plus 2 where the peer
                          has */
  H2_ASK_MEMORY_USED,
  H2_ASK_REQUEST_ALLOWED,
  H2_ASK_COUNTER,        /* argument: H2_COUNT_* */
  H2_ASK_REMOTE_SETTING, /* argument: the setting's id */
  H2_ASK_LOCAL_SETTING,
  H2_ASK_PRIORITY,      /* argument: stream; urgency, and 8 when incremental */
  H2_ASK_PARTIAL_FRAME, /* an H2_PARTIAL_* */
};

/* The frame, or header block, of which a part has been received. */
enum h2_partial {
  H2_PARTIAL_NONE,
  H2_PARTIAL_DATA,
  H2_PARTIAL_OTHER, /* the head of a frame, and the preface, too */
};

/* How a message continues after its header fields. */
enum h2_body {
  H2_BODY_NONE = 0,       /* END_STREAM */
  H2_BODY_HELD = 1,       /* the call gives the whole body */
  H2_BODY_CREDIT = 2,     /* h2_stream_credit and h2_stream_push give the body */
  H2_BODY_HALF_CLOSE = 4, /* a flag: END_STREAM does not ask the peer to stop (a tunnel) */
};

typedef struct h2_stream h2_stream;

/* The payload of a queued frame of an unknown type. */
typedef struct h2_payload {
  struct h2_payload *next,
    **link; /* `link` points to the pointer to this one: removal in constant time */
  uint32_t length;
  uint8_t bytes[];
} h2_payload;

enum {
  H2_SKIPPED_RANGES = 8,
  H2_KEPT_STAGES = 512,
  H2_KEPT_WORDS = 3 * 20,
  H2_WINDOW_UPDATES = 4, /* WINDOW_UPDATE frames for each frame that is sent */
};

/*
 * The last block of a HEADERS frame that consisted of known strings: most clients repeat the fields
 * of their requests.
 */
typedef struct {
  uint32_t length;      /* words of its FIELD records; 0: there is none */
  uint32_t slots_taken; /* nw_slots_taken at that time */
  uint32_t is_known;    /* the block was received twice: the host has kept its fields */
  uint32_t words[H2_KEPT_WORDS];
} h2_kept_block;

/* The stream identifiers between two others. */
typedef struct {
  uint32_t after, before;
} h2_range;

typedef struct h2_session {
  nw_account account;
  nghttp2_mem mem;
  nghttp2_session *ng;
  const uint8_t *pending; /* output that did not fit into the region; borrowed from nghttp2 */
  size_t pending_length;
  size_t send_budget;  /* bytes that this h2_session_send may still write */
  nghttp2_map streams; /* h2_stream by id: streams with a body to send, open or not yet open */
  h2_payload *payloads;
  h2_stream *ends;    /* streams of which only the end is left to send */
  uint8_t *extension; /* payload of the unknown frame being received */
  size_t extension_length;
  uint32_t role, options, event_mask, max_padding, max_outbound_queue;
  uint32_t max_header_fields, max_header_bytes;
  uint32_t block_noted;  /* fields of the header block being received that were recorded */
  uint64_t block_fields; /* received fields of the block; the crumbs of a cookie are one */
  uint64_t block_crumbs;
  uint64_t block_bytes; /* bytes of these fields: names, values and 32 a field */
  uint32_t block_truncated;
  uint32_t block_charged;  /* the block has cost a token */
  uint32_t block_start;    /* the event word of its first record */
  uint32_t block_is_split; /* the block began in an earlier call, whose records are gone */
  h2_kept_block kept;
  uint32_t requests_left; /* requests that may begin before h2_session_receive returns */
  uint32_t block_pauses;  /* the block is of a request that began when `requests_left` was 0 */
  uint32_t invalid_tokens, invalid_burst, invalid_rate, invalid_refilled;
  uint32_t window_credit;          /* WINDOW_UPDATE frames that the peer may send; see rules.c */
  uint32_t max_concurrent_streams; /* as acknowledged by the peer; see h2_settings_acknowledged */
  h2_range skipped[H2_SKIPPED_RANGES];
  uint32_t next_skipped;
  int head_result;                /* of the check of the head of a frame; 0 or NGHTTP2_ERR_* */
  uint8_t stages[H2_KEPT_STAGES]; /* of the client's last streams, by identifier; see rules.c */
  uint32_t is_terminated; /* the host has terminated the session: messages are not accepted */
  uint32_t counters[8];
} h2_session;

/* The counters of a session. */
enum h2_counter {
  H2_COUNT_FRAMES_RECEIVED,
  H2_COUNT_FRAMES_SENT,
  H2_COUNT_DATA_RECEIVED,
  H2_COUNT_DATA_SENT,
  H2_COUNT_STREAMS_CLOSED,
  H2_COUNT_RESETS_RECEIVED,
  H2_COUNT_RESETS_SENT,
  H2_COUNT_INVALID_FRAMES,
};

/* The body that a stream sends: bytes in linear memory, then a credit for bytes of the host. */
struct h2_stream {
  int32_t id;
  uint8_t *held; /* the next unsent byte of `bytes` or of `piece` */
  uint32_t held_length;
  uint32_t ready; /* bytes that the host will splice in */
  uint8_t whole;  /* `bytes` is the whole body */
  uint8_t last;   /* the body is complete */
  uint8_t ended;  /* the end was handed to nghttp2 */
  uint8_t half_close;
  uint8_t deferred;
  uint32_t trailer_count;
  nghttp2_nv *trailers; /* one block with its strings; sent after the body */
  uint8_t *piece;       /* bytes from h2_stream_push; NULL when all of them were sent */
  uint32_t piece_capacity;
  h2_stream *next_end, **end_link; /* `end_link` points to the pointer to this one; NULL: not among
                                      the session's `ends` */
  uint8_t bytes[];
};

/* The session of the h2_session_receive that runs, or ran last. */
extern h2_session *h2_receiving;

nghttp2_session_callbacks *h2_callbacks(void);
void h2_received_callbacks(nghttp2_session_callbacks *callbacks);
/* Whether this session's host reads the optional kind. */
int h2_wanted(const h2_session *session, enum nw_event kind);
int h2_is_unknown(uint32_t frame_type);
void h2_random(uint8_t *to, size_t length); /* from the seed of the session being made */
h2_stream *h2_stream_new(h2_session *session, const uint8_t *bytes, uint32_t length);
/* Makes `stream` the body of the stream `id`. 0 or NGHTTP2_ERR_*. */
int h2_stream_attach(h2_session *session, h2_stream *stream, int32_t id);
h2_stream *h2_stream_find(h2_session *session, int32_t id);
/* Frees a stream that is not attached, and all its memory. Does nothing for NULL. */
void h2_stream_free(h2_session *session, h2_stream *stream);
/* Detaches a stream and frees it. */
void h2_stream_del(h2_session *session, h2_stream *stream);
void h2_payload_del(h2_session *session, h2_payload *payload);
/* Adds a stream to the session's `ends`: only the end of its body is left. */
void h2_end_add(h2_session *session, h2_stream *stream);
/* Removes a stream from the session's `ends`, if it is one of them. */
void h2_end_remove(h2_stream *stream);
/* Whether h2_ends_send would send a frame. */
int h2_ends_wait(const h2_session *session);
/* Sends the ends that only a window blocks; nghttp2 sends trailers. 0 or NGHTTP2_ERR_*. */
int h2_ends_send(h2_session *session);
/* END_STREAM has been sent on the stream. 0 or NGHTTP2_ERR_*. */
int h2_end_sent(h2_session *session, int32_t id);
/*
 * Takes a token for a frame that breaks a rule or a limit; terminates the session where no token is
 * left. 0 or NGHTTP2_ERR_*.
 */
int h2_spend_invalid_token(h2_session *session, nghttp2_session *ng);
/* Records FRAME_INVALID. 0, or NGHTTP2_ERR_CALLBACK_FAILURE without memory. */
int h2_note_invalid(h2_session *session, const nghttp2_frame_hd *head, int code);
/* Terminates a session with too many frames to send. 0 or NGHTTP2_ERR_*. */
int h2_limit_queue(h2_session *session);
/* nghttp2's on_begin_frame callback. */
int h2_check_frame(nghttp2_session *ng, const nghttp2_frame_hd *head, void *user_data);
/* The peer has sent END_STREAM or RST_STREAM on the stream. */
void h2_peer_ended(h2_session *session, int32_t id);
/* Resets a tunnel on which a header block begins. 0, or NGHTTP2_ERR_CALLBACK_FAILURE. */
int h2_check_tunnel(h2_session *session, nghttp2_session *ng, const nghttp2_frame *frame);
/* The peer has acknowledged the SETTINGS of this side. */
void h2_settings_acknowledged(h2_session *session);
/* The acknowledged value of a setting of this side. */
uint32_t h2_local_setting(const h2_session *session, uint32_t id);
/*
 * The most bytes of a header list: the session's limit, or a lower SETTINGS_MAX_HEADER_LIST_SIZE.
 */
uint64_t h2_header_list_limit(const h2_session *session);
/* `bytes` of the stream's body have been received. */
void h2_count_unread(nghttp2_session *ng, int32_t id, uint32_t bytes);
/* The stream closes: the bytes that the host has not consumed return to the connection's window. */
int h2_return_unread(nghttp2_session *ng, int32_t id);
nghttp2_ssize h2_stream_read(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t length,
                             uint32_t *flags, nghttp2_data_source *source, void *user_data);
int h2_stream_send(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
                   nghttp2_data_source *source, void *user_data);

#endif
