/*
 * HTTP/1.1 between llhttp and the host (RFC 9112). A session parses the messages of one side of a
 * connection: requests of a client (role server), or responses of a server (role client). Its
 * records are those of bridge.h; a message has its ordinal number on the connection in place of a
 * stream's identifier.
 */
#ifndef NGHTTP2_WASM_HTTP1_H
#define NGHTTP2_WASM_HTTP1_H

#include "bridge.h"
#include "llhttp.h"

/* Reasons to refuse a message. H1_REASON_PARSER is added to an llhttp_errno. */
enum h1_reason {
  H1_REASON_LINE = 1,       /* the start line is malformed */
  H1_REASON_METHOD,         /* the method is not implemented */
  H1_REASON_VERSION,        /* a version other than HTTP/1.1 and HTTP/1.0 */
  H1_REASON_TARGET,         /* the request target has a form that its method does not take */
  H1_REASON_TARGET_LENGTH,  /* the request target is too long */
  H1_REASON_HOST,           /* no Host field, or several, or an empty one */
  H1_REASON_CODING,         /* Transfer-Encoding is not `chunked`, once */
  H1_REASON_CODING_UNKNOWN, /* a transfer coding that is not implemented */
  H1_REASON_LENGTH,         /* Content-Length and Transfer-Encoding contradict each other */
  H1_REASON_UPGRADE_BODY,   /* Upgrade or CONNECT with a body */
  H1_REASON_FIELDS,         /* more header fields than the limits allow */
  H1_REASON_EXTENSIONS,     /* more chunk extensions than the limit allows */
  H1_REASON_TRAILERS,   /* more trailer fields than the limits allow, or one that frames the message
                         */
  H1_REASON_INCOMPLETE, /* the connection ended inside the message */
  H1_REASON_PARSER = 32,
};

/* A header field: offsets from the start of its block. */
typedef struct {
  uint32_t name, name_length, value, value_length;
} h1_field;

/* A part of the block. */
typedef struct {
  uint32_t start, length;
} h1_span;

typedef struct h1_session {
  nw_account account;
  llhttp_t parser;
  uint32_t role, is_secure;
  uint32_t max_fields, max_bytes, max_target, max_extensions;
  uint32_t message;    /* ordinal number of the message being parsed */
  uint8_t state;       /* enum h1_state */
  uint8_t is_last;     /* no message follows the one being parsed */
  uint8_t is_upgrade;  /* the message being parsed asks for another protocol */
  uint8_t is_interim;  /* the message is a 1xx response */
  uint8_t is_bodiless; /* the response is to a HEAD request */
  uint8_t has_body;
  uint8_t is_in_data; /* the next bytes are of the body: as many as the parser's content_length */
  uint8_t reason;     /* why the message was refused */
  uint8_t is_starved; /* memory ran out */
  /* The block being parsed: a start line with header fields, or trailer fields. Its bytes of
   * earlier chunks are in `gathered`. `block` points to its next bytes, in the chunk being
   * parsed. */
  const char *block;
  uint8_t *gathered;
  uint32_t gathered_length, gathered_capacity;
  h1_span method, target, version, name, value;
  h1_field
    *fields; /* `owned`, or an array that all sessions share while their block is in one chunk */
  h1_field *owned;
  uint32_t field_count, owned_capacity;
  uint32_t field_bytes; /* names, values and 32 a field */
  uint32_t extension_bytes;
} h1_session;

enum h1_state {
  H1_HEAD,     /* in a start line or header fields, or between messages */
  H1_CONTENT,  /* in a body */
  H1_TRAILERS, /* in trailer fields */
  H1_OVER,     /* the last message has been parsed, or one was refused: input is discarded */
};

enum { H1_MOST_FIELDS = 1 << 16 };

/* Makes room for the fields of a block that lies in one chunk, which all sessions share. False
 * without memory. */
int h1_fields_reserve(uint32_t max_fields);
/* A block begins at `at`. Frees the memory of the last block. */
void h1_block_begin(h1_session *session, const char *at);
/* The block continues at the start of this chunk. */
void h1_block_continue(h1_session *session, const char *chunk);
/* The chunk ends inside the block: keeps its bytes and fields for the next chunk. 0,
 * NGHTTP2_ERR_*, or an h1_reason. */
int h1_block_keep(h1_session *session, const char *end);
/* The offset in the block of `at`, an address in the chunk. */
uint32_t h1_position(const h1_session *session, const char *at);
/* False without memory. */
int h1_field_add(h1_session *session, h1_field field);
/* The bytes of the block up to its last field; NULL without memory. */
uint8_t *h1_block(h1_session *session);

/* The parts of a request target. */
typedef struct {
  const uint8_t *authority, *path;
  uint32_t authority_length, path_length;
  int is_connect;
} h1_target;

/* Checks that the start line is method, space, target, space, version. 0 or an h1_reason. */
int h1_check_line(const h1_session *session, const uint8_t *bytes);
/* Reads the request target (RFC 9112 §3.2). 0 or an h1_reason. */
int h1_split_target(const h1_session *session, const uint8_t *bytes, h1_target *parts);
/* Whether bytes equal `text` but for their case. `text` is in lower case. */
int h1_is_text(const uint8_t *bytes, uint32_t length, const char *text);

/* Records the block that has been parsed. 0, or a negative NGHTTP2_ERR_*, or an h1_reason. */
int h1_record_head(h1_session *session);
int h1_record_trailers(h1_session *session);

#endif
