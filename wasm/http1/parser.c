/* A session of HTTP/1.1: made, fed, ended. llhttp's callbacks note where names and values lie. */
#include "http1.h"

#include <stdlib.h>
#include <string.h>

enum {
  /* Bytes of a block that the limits do not count: white space, line ends, the version. */
  BLOCK_SLACK = 2048,
  FIRST_FIELDS = 16,
  MOST_FIELDS = 1 << 16,
};

/* The fields of a block that lies in one chunk. */
static h1_field *shared_fields;
static uint32_t shared_capacity;

static h1_session *session_of(llhttp_t *parser) {
  return parser->data;
}

static int refuse(h1_session *session, enum h1_reason reason) {
  session->reason = (uint8_t)reason;
  return HPE_USER;
}

/* ---- blocks ------------------------------------------------------------------------------- */

static uint32_t position_of(const h1_session *session, const char *at) {
  return session->gathered_length + (uint32_t)(at - session->block);
}

static void block_begin(h1_session *session, const char *at) {
  h2_free(&session->account, session->gathered);
  h2_free(&session->account, session->owned);
  session->gathered = NULL;
  session->owned = NULL;
  session->gathered_length = session->gathered_capacity = 0;
  session->owned_capacity = 0;
  session->fields = shared_fields;
  session->block = at;
  session->field_count = session->field_bytes = 0;
  session->method = session->target = session->version = (h1_span){0, 0};
  session->name = session->value = (h1_span){0, 0};
}

/* Copies `length` bytes of the chunk behind those of earlier chunks. False without memory. */
static int gather(h1_session *session, uint32_t length) {
  uint32_t needed = session->gathered_length + length;
  if (needed > session->gathered_capacity) {
    uint32_t capacity = session->gathered_capacity ? session->gathered_capacity * 2 : 256;
    while (capacity < needed) {
      capacity *= 2;
    }
    uint8_t *larger = h2_alloc(&session->account, capacity);
    if (!larger) {
      return 0;
    }
    if (session->gathered) {
      memcpy(larger, session->gathered, session->gathered_length);
    }
    h2_free(&session->account, session->gathered);
    session->gathered = larger;
    session->gathered_capacity = capacity;
  }
  memcpy(session->gathered + session->gathered_length, session->block, length);
  session->gathered_length += length;
  session->block += length;
  return 1;
}

static uint32_t end_of_block(const h1_session *session) {
  uint32_t end = session->version.start + session->version.length;
  if (session->field_count) {
    const h1_field *last = &session->fields[session->field_count - 1];
    uint32_t name = last->name + last->name_length, value = last->value + last->value_length;
    end = value > name ? value : name;
  }
  return end;
}

uint8_t *h1_block(h1_session *session) {
  if (!session->gathered) {
    return (uint8_t *)session->block;
  }
  uint32_t end = end_of_block(session);
  if (end > session->gathered_length && !gather(session, end - session->gathered_length)) {
    return NULL;
  }
  return session->gathered;
}

/* The chunk ends inside a block: keeps what the next one needs. 0, NGHTTP2_ERR_*, or a reason. */
static int keep_block(h1_session *session, const char *end) {
  uint32_t length = (uint32_t)(end - session->block);
  uint64_t most = (uint64_t)session->max_target + session->max_bytes + BLOCK_SLACK;
  if ((uint64_t)session->gathered_length + length > most) {
    return session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS;
  }
  if (length && !gather(session, length)) {
    return NGHTTP2_ERR_NOMEM;
  }
  if (!session->owned && session->field_count) {
    uint32_t capacity = session->field_count + FIRST_FIELDS;
    session->owned = h2_alloc(&session->account, capacity * sizeof(h1_field));
    if (!session->owned) {
      return NGHTTP2_ERR_NOMEM;
    }
    memcpy(session->owned, shared_fields, session->field_count * sizeof(h1_field));
    session->owned_capacity = capacity;
    session->fields = session->owned;
  }
  return 0;
}

static int add_field(h1_session *session, h1_field field) {
  uint32_t count = session->field_count;
  if (session->owned && count == session->owned_capacity) {
    uint32_t capacity = session->owned_capacity * 2;
    h1_field *larger = h2_alloc(&session->account, capacity * sizeof(h1_field));
    if (!larger) {
      return 0;
    }
    memcpy(larger, session->owned, count * sizeof(h1_field));
    h2_free(&session->account, session->owned);
    session->owned = session->fields = larger;
    session->owned_capacity = capacity;
  }
  session->fields[count] = field;
  session->field_count = count + 1;
  return 1;
}

/* ---- callbacks of llhttp ------------------------------------------------------------------ */

/* A token may come in pieces, which lie side by side. */
static void extend(h1_session *session, h1_span *span, const char *at, size_t length) {
  if (span->length == 0) {
    span->start = position_of(session, at);
  }
  span->length += (uint32_t)length;
}

static int on_method(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  extend(session, &session->method, at, length);
  return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  extend(session, &session->target, at, length);
  return session->target.length > session->max_target ? refuse(session, H1_REASON_TARGET_LENGTH)
                                                      : 0;
}

static int on_version(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  extend(session, &session->version, at, length);
  return 0;
}

static int count_bytes(h1_session *session, size_t length) {
  session->field_bytes += (uint32_t)length;
  if (session->field_bytes <= session->max_bytes) {
    return 0;
  }
  return refuse(session,
                session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS);
}

static int on_field(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  if (session->state == H1_CONTENT) {
    block_begin(session, at);
    session->state = H1_TRAILERS;
  }
  extend(session, &session->name, at, length);
  return count_bytes(session, length);
}

static int on_value(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  extend(session, &session->value, at, length);
  return count_bytes(session, length);
}

static int on_value_complete(llhttp_t *parser) {
  h1_session *session = session_of(parser);
  if (session->field_count >= session->max_fields || session->field_count >= shared_capacity) {
    return refuse(session,
                  session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS);
  }
  h1_span name = session->name, value = session->value;
  session->name = session->value = (h1_span){0, 0};
  if (!add_field(session, (h1_field){name.start, name.length, value.start, value.length})) {
    return HPE_INTERNAL;
  }
  return count_bytes(session, 32);
}

static int on_headers_complete(llhttp_t *parser) {
  h1_session *session = session_of(parser);
  int result = h1_record_head(session);
  if (result > 0) {
    return refuse(session, (enum h1_reason)result);
  }
  if (result < 0) {
    return HPE_INTERNAL;
  }
  session->state = H1_CONTENT;
  session->is_in_data = !(parser->flags & F_CHUNKED) && parser->content_length > 0;
  /* The host decides about another protocol once the message is complete. */
  parser->upgrade = 0;
  return session->is_bodiless ? 1 : 0;
}

static int on_extension(llhttp_t *parser, const char *at, size_t length) {
  (void)at;
  h1_session *session = session_of(parser);
  session->extension_bytes += (uint32_t)length;
  return session->extension_bytes > session->max_extensions ? refuse(session, H1_REASON_EXTENSIONS)
                                                            : 0;
}

static int on_chunk_header(llhttp_t *parser) {
  session_of(parser)->is_in_data = parser->content_length > 0;
  return 0;
}

static int on_chunk_complete(llhttp_t *parser) {
  session_of(parser)->is_in_data = 0;
  return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  uint32_t *record = h2_event_new(H2_EVENT_DATA, 0, 3);
  if (!record) {
    return HPE_INTERNAL;
  }
  record[0] = session->message;
  record[1] = (uint32_t)((const uint8_t *)at - h2_region.input);
  record[2] = (uint32_t)length;
  return 0;
}

static int on_message_complete(llhttp_t *parser) {
  h1_session *session = session_of(parser);
  if (session->state == H1_TRAILERS && session->field_count) {
    int result = h1_record_trailers(session);
    if (result > 0) {
      return refuse(session, (enum h1_reason)result);
    }
    if (result < 0) {
      return HPE_INTERNAL;
    }
  } else if (session->has_body && h2_note(H2_EVENT_STREAM_ENDED, 0, session->message, 0) != 0) {
    return HPE_INTERNAL;
  }
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_method = on_method,
    .on_url = on_url,
    .on_version = on_version,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_chunk_extension_name = on_extension,
    .on_chunk_extension_value = on_extension,
    .on_chunk_header = on_chunk_header,
    .on_chunk_complete = on_chunk_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ---- exports ------------------------------------------------------------------------------ */

/*
 * Makes a session. `role`: H2_ROLE_*. `is_secure`: the scheme of requests is https. Limits of a
 * block's fields and their bytes, of a request target, and of the chunk extensions of a message.
 * Owned: end it with h1_session_del. 0 without memory.
 */
H2_EXPORT(h1_session_new)
h1_session *h1_session_new(uint32_t role, uint32_t is_secure, uint32_t max_fields,
                           uint32_t max_bytes, uint32_t max_target, uint32_t max_extensions) {
  uint32_t capacity = max_fields < MOST_FIELDS ? max_fields : MOST_FIELDS;
  if (capacity > shared_capacity) {
    h1_field *larger = realloc(shared_fields, capacity * sizeof(h1_field));
    if (!larger) {
      return NULL;
    }
    shared_fields = larger;
    shared_capacity = capacity;
  }
  h1_session *session = calloc(1, sizeof(h1_session));
  if (!session) {
    return NULL;
  }
  session->account.limit = UINT32_MAX;
  session->account.used = sizeof(h1_session);
  h2_region.memory_used += sizeof(h1_session);
  session->role = role;
  session->is_secure = is_secure;
  session->max_fields = max_fields;
  session->max_bytes = max_bytes;
  session->max_target = max_target;
  session->max_extensions = max_extensions;
  session->message = 1;
  llhttp_init(&session->parser, role == H2_ROLE_CLIENT ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
  session->parser.data = session;
  block_begin(session, NULL);
  return session;
}

/* Ends a session; its handle is dead. */
H2_EXPORT(h1_session_del) void h1_session_del(h1_session *session) {
  block_begin(session, NULL);
  h2_region.memory_used -= sizeof(h1_session);
  free(session);
}

/* The next message begins at `at`. */
static void next_message(h1_session *session, const char *at) {
  block_begin(session, at);
  session->state = session->is_last ? H1_OVER : H1_HEAD;
  if (!session->is_interim) {
    session->message += 1;
  }
  session->is_upgrade = session->is_interim = session->is_bodiless = session->has_body = 0;
  session->is_in_data = 0;
  session->extension_bytes = 0;
}

/* Records that the message is refused; nothing of the connection is parsed any more. */
static int record_refusal(h1_session *session, uint32_t reason) {
  block_begin(session, NULL);
  session->state = H1_OVER;
  return h2_note(H2_EVENT_REFUSED, 0, session->message, reason);
}

/*
 * Parses `length` bytes of the input region, until `most` messages are complete, or one that asks
 * for another protocol. Returns how many bytes were taken, or a negative NGHTTP2_ERR_*.
 */
H2_EXPORT(h1_session_receive)
int h1_session_receive(h1_session *session, uint32_t length, uint32_t most) {
  h2_events_clear();
  h2_region.input_unread = 0;
  const char *start = (const char *)h2_region.input;
  const char *at = start, *end = start + length;
  session->block = at;
  if (!session->owned) {
    session->fields = shared_fields;
  }
  while (at < end && session->state != H1_OVER) {
    llhttp_errno_t result = llhttp_execute(&session->parser, at, (size_t)(end - at));
    if (result == HPE_OK) {
      at = end;
      break;
    }
    if (result == HPE_INTERNAL) {
      return NGHTTP2_ERR_NOMEM;
    }
    if (result != HPE_PAUSED) {
      uint32_t reason = result == HPE_USER ? session->reason : H1_REASON_PARSER + (uint32_t)result;
      return record_refusal(session, reason) == 0 ? (int)length : NGHTTP2_ERR_NOMEM;
    }
    at = llhttp_get_error_pos(&session->parser);
    llhttp_resume(&session->parser);
    int is_upgrade = session->is_upgrade;
    next_message(session, at);
    if (is_upgrade || --most == 0) {
      return (int)(at - start);
    }
  }
  if (session->state == H1_OVER) {
    return (int)length;
  }
  if (session->state != H1_CONTENT) {
    int result = keep_block(session, end);
    if (result > 0) {
      return record_refusal(session, (uint32_t)result) == 0 ? (int)length : NGHTTP2_ERR_NOMEM;
    }
    if (result < 0) {
      return result;
    }
  }
  if (session->is_in_data) {
    uint64_t unread = session->parser.content_length;
    h2_region.input_unread = unread > UINT32_MAX ? UINT32_MAX : (uint32_t)unread;
  }
  return (int)length;
}

/*
 * The peer has ended its side. Records the end of a body that ends with the connection, or the
 * refusal of a message that is not complete. 0, or a negative NGHTTP2_ERR_*.
 */
H2_EXPORT(h1_session_finish) int h1_session_finish(h1_session *session) {
  h2_events_clear();
  if (session->state == H1_OVER) {
    return 0;
  }
  int is_between = session->state == H1_HEAD && session->method.length == 0 &&
                   session->version.length == 0;
  if (is_between) {
    session->state = H1_OVER;
    return 0;
  }
  llhttp_errno_t result = llhttp_finish(&session->parser);
  if (result == HPE_OK || result == HPE_PAUSED) {
    session->state = H1_OVER;
    return 0;
  }
  return record_refusal(session, H1_REASON_INCOMPLETE) == 0 ? 0 : NGHTTP2_ERR_NOMEM;
}

/* The response that comes next is to a HEAD request: it has no body (RFC 9110 §9.3.2). */
H2_EXPORT(h1_session_expect_bodiless) void h1_session_expect_bodiless(h1_session *session) {
  session->is_bodiless = 1;
}
