/* Makes, feeds and frees sessions of HTTP/1.1. llhttp's callbacks record where names and values
 * lie. */
#include "http1.h"

#include <stdlib.h>
#include <string.h>

static h1_session *session_of(llhttp_t *parser) {
  return parser->data;
}

static int refuse(h1_session *session, enum h1_reason reason) {
  session->reason = (uint8_t)reason;
  return HPE_USER;
}

static int starve(h1_session *session) {
  session->is_starved = 1;
  return HPE_USER;
}

/* Converts a result of h1_record_… to a result of a callback. */
static int result_of(h1_session *session, int result) {
  if (result < 0) {
    return starve(session);
  }
  return result ? refuse(session, (enum h1_reason)result) : 0;
}

/* ---- callbacks of llhttp ------------------------------------------------------------------ */

/* A token may be reported in pieces, which lie side by side. */
static void extend(h1_session *session, h1_span *span, const char *at, size_t length) {
  if (span->length == 0) {
    span->start = h1_position(session, at);
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
  return refuse(session, session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS);
}

static int on_field(llhttp_t *parser, const char *at, size_t length) {
  h1_session *session = session_of(parser);
  if (session->state == H1_CONTENT) {
    h1_block_begin(session, at);
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
  if (session->field_count >= session->max_fields) {
    return refuse(session, session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS);
  }
  h1_span name = session->name, value = session->value;
  session->name = session->value = (h1_span){0, 0};
  if (!h1_field_add(session, (h1_field){name.start, name.length, value.start, value.length})) {
    return starve(session);
  }
  return count_bytes(session, 32);
}

static int on_headers_complete(llhttp_t *parser) {
  h1_session *session = session_of(parser);
  int result = result_of(session, h1_record_head(session));
  if (result) {
    return result;
  }
  session->state = H1_CONTENT;
  session->is_in_data = !(parser->flags & F_CHUNKED) && parser->content_length > 0;
  /* The host decides about another protocol once the message is complete. */
  parser->upgrade = 0;
  /* 1: no body follows, whatever the fields say. llhttp knows some 1xx responses only. */
  return session->is_bodiless || session->is_interim;
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
  uint32_t *record = nw_event_new(NW_EVENT_DATA, 0, 3);
  if (!record) {
    return starve(session);
  }
  record[0] = session->message;
  record[1] = (uint32_t)((const uint8_t *)at - nw_region.input);
  record[2] = (uint32_t)length;
  return 0;
}

static int on_message_complete(llhttp_t *parser) {
  h1_session *session = session_of(parser);
  if (session->state == H1_TRAILERS && session->field_count) {
    int result = result_of(session, h1_record_trailers(session));
    if (result) {
      return result;
    }
  } else if (session->has_body && nw_note(NW_EVENT_STREAM_ENDED, 0, session->message, 0) != 0) {
    return starve(session);
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
 * Makes a session. `role`: NW_ROLE_*. `is_secure`: the scheme of requests is https. Limits of a
 * block's fields and their bytes, of a request target, and of the chunk extensions of a message.
 * Owned: free it with h1_session_del. 0 without memory.
 */
NW_EXPORT(h1_session_new)
h1_session *h1_session_new(uint32_t role, uint32_t is_secure, uint32_t max_fields,
                           uint32_t max_bytes, uint32_t max_target, uint32_t max_extensions) {
  nw_account account = {0, UINT32_MAX, 0};
  h1_session *session =
    h1_fields_reserve(max_fields) ? nw_alloc(&account, sizeof(h1_session)) : NULL;
  if (!session) {
    return NULL;
  }
  memset(session, 0, sizeof(h1_session));
  session->account = account;
  session->role = role;
  session->is_secure = is_secure;
  session->max_fields = max_fields < H1_MOST_FIELDS ? max_fields : H1_MOST_FIELDS;
  session->max_bytes = max_bytes;
  session->max_target = max_target;
  session->max_extensions = max_extensions;
  session->message = 1;
  llhttp_init(&session->parser, role == NW_ROLE_CLIENT ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
  session->parser.data = session;
  h1_block_begin(session, NULL);
  return session;
}

/* Frees a session; its handle is not valid any more. */
NW_EXPORT(h1_session_del) void h1_session_del(h1_session *session) {
  h1_block_begin(session, NULL);
  nw_account account = session->account;
  nw_free(&account, session);
}

/* The next message begins at `at`. */
static void next_message(h1_session *session, const char *at) {
  h1_block_begin(session, at);
  session->state = session->is_last ? H1_OVER : H1_HEAD;
  if (!session->is_interim) {
    session->message += 1;
    session->is_bodiless = 0;
  }
  session->is_upgrade = session->is_interim = session->has_body = 0;
  session->is_in_data = 0;
  session->extension_bytes = 0;
}

/* Records that the message is refused. No bytes of the connection are parsed any more. */
static int record_refusal(h1_session *session, uint32_t reason) {
  h1_block_begin(session, NULL);
  session->state = H1_OVER;
  return nw_note(NW_EVENT_REFUSED, 0, session->message, reason);
}

/*
 * Parses `length` bytes of the input region, until `most` messages are complete, or a message that
 * asks for another protocol. Returns how many bytes were taken, or a negative NGHTTP2_ERR_*.
 */
NW_EXPORT(h1_session_receive)
int h1_session_receive(h1_session *session, uint32_t length, uint32_t most) {
  nw_events_clear();
  nw_region.input_unread = 0;
  nw_region.ending = 0;
  const char *start = (const char *)nw_region.input;
  const char *at = start, *end = start + length;
  h1_block_continue(session, at);
  while (at < end && session->state != H1_OVER) {
    llhttp_errno_t result = llhttp_execute(&session->parser, at, (size_t)(end - at));
    if (result == HPE_OK) {
      at = end;
      break;
    }
    if (session->is_starved) {
      return NGHTTP2_ERR_NOMEM;
    }
    if (result != HPE_PAUSED) {
      uint32_t reason = session->reason ? session->reason : H1_REASON_PARSER + (uint32_t)result;
      return record_refusal(session, reason) == 0 ? (int)length : NGHTTP2_ERR_NOMEM;
    }
    at = llhttp_get_error_pos(&session->parser);
    llhttp_resume(&session->parser);
    int is_upgrade = session->is_upgrade;
    next_message(session, at);
    if (is_upgrade || --most == 0) {
      nw_region.ending = session->state == H1_HEAD;
      return (int)(at - start);
    }
  }
  if (session->state == H1_OVER) {
    return (int)length;
  }
  nw_region.ending = session->state == H1_HEAD && session->block == end && !session->gathered;
  if (session->state != H1_CONTENT) {
    int result = h1_block_keep(session, end);
    if (result > 0) {
      return record_refusal(session, (uint32_t)result) == 0 ? (int)length : NGHTTP2_ERR_NOMEM;
    }
    if (result < 0) {
      return result;
    }
  }
  if (session->is_in_data) {
    uint64_t unread = session->parser.content_length;
    nw_region.input_unread = unread > UINT32_MAX ? UINT32_MAX : (uint32_t)unread;
  }
  return (int)length;
}

/*
 * The peer has ended its side. Records the end of a body that ends with the connection, or the
 * refusal of a message that is not complete. 0, or a negative NGHTTP2_ERR_*.
 */
NW_EXPORT(h1_session_finish) int h1_session_finish(h1_session *session) {
  nw_events_clear();
  if (session->state == H1_OVER) {
    return 0;
  }
  int is_between =
    session->state == H1_HEAD && session->method.length == 0 && session->version.length == 0;
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

/* The next response answers a HEAD request, so it has no body (RFC 9110 §9.3.2). */
NW_EXPORT(h1_session_expect_bodiless) void h1_session_expect_bodiless(h1_session *session) {
  session->is_bodiless = 1;
}
