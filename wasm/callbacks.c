/* nghttp2's callbacks. Each notes a fact in the event region and returns; none decides anything. */
#include "bridge.h"

#include <string.h>

static int wanted(const h2_session *session, enum h2_event kind) {
  return session->event_mask >> kind & 1;
}

/* Records two words about a stream; most facts need no more. */
static int note(enum h2_event kind, uint32_t flags, uint32_t first, uint32_t second) {
  uint32_t *at = h2_event_new(kind, flags, 2);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = first;
  at[1] = second;
  return 0;
}

/* ---- header blocks ------------------------------------------------------------------------ */

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  (void)ng, (void)frame;
  h2_session *session = user_data;
  session->block_fields = session->block_bytes = 0;
  return 0;
}

static int is_truncated(const h2_session *session) {
  return session->block_fields > session->max_header_fields ||
         session->block_bytes > session->max_header_bytes;
}

/* The library advertises SETTINGS_MAX_HEADER_LIST_SIZE and leaves it to us to mean it. */
static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user_data) {
  (void)ng, (void)frame;
  h2_session *session = user_data;
  uint32_t field_flags = session->block_fields == 0 ? H2_FIELD_FIRST : 0;
  if (flags & NGHTTP2_NV_FLAG_NO_INDEX) {
    field_flags |= H2_FIELD_NEVER_INDEX;
  }
  if (is_truncated(session)) {
    return 0;
  }
  session->block_fields += 1;
  session->block_bytes +=
    (uint32_t)(nghttp2_rcbuf_get_buf(name).len + nghttp2_rcbuf_get_buf(value).len + 32);
  if (is_truncated(session)) {
    return 0;
  }
  return h2_event_field(name, value, field_flags) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* RFC 9113 §8.2.1: a malformed field makes the message malformed; ignoring it invites smuggling. */
static int on_invalid_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                             nghttp2_rcbuf *value, uint8_t flags, void *user_data) {
  (void)ng, (void)frame, (void)name, (void)value, (void)flags, (void)user_data;
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* ---- received frames ---------------------------------------------------------------------- */

static int on_data_chunk(nghttp2_session *ng, uint8_t flags, int32_t stream, const uint8_t *data,
                         size_t length, void *user_data) {
  (void)ng, (void)flags;
  h2_session *session = user_data;
  session->counters[H2_COUNT_DATA_RECEIVED] += (uint32_t)length;
  uint32_t *at = h2_event_new(H2_EVENT_DATA, 0, 3);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)stream;
  at[1] = (uint32_t)(data - h2_region.input);
  at[2] = (uint32_t)length;
  return 0;
}

static int note_settings(const nghttp2_settings *settings) {
  uint32_t count = (uint32_t)settings->niv;
  uint32_t *at =
    h2_event_new(H2_EVENT_SETTINGS, settings->hd.flags & NGHTTP2_FLAG_ACK, 1 + 2 * count);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  *at++ = count;
  for (uint32_t i = 0; i < count; ++i) {
    *at++ = (uint32_t)settings->iv[i].settings_id;
    *at++ = settings->iv[i].value;
  }
  return 0;
}

static int note_ping(const nghttp2_ping *ping) {
  uint32_t *at = h2_event_new(H2_EVENT_PING, ping->hd.flags & NGHTTP2_FLAG_ACK, 2);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  memcpy(at, ping->opaque_data, 8);
  return 0;
}

static int note_goaway(const nghttp2_goaway *goaway) {
  uint32_t *at = h2_event_new(H2_EVENT_GOAWAY, 0, 2 + h2_bytes_words(goaway->opaque_data_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)goaway->last_stream_id;
  at[1] = goaway->error_code;
  h2_put_bytes(at + 2, goaway->opaque_data, goaway->opaque_data_len);
  return 0;
}

static int note_priority_update(const nghttp2_extension *frame) {
  const nghttp2_ext_priority_update *update = frame->payload;
  uint32_t *at =
    h2_event_new(H2_EVENT_PRIORITY_UPDATE, 0, 1 + h2_bytes_words(update->field_value_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)update->stream_id;
  h2_put_bytes(at + 1, update->field_value, update->field_value_len);
  return 0;
}

static int note_altsvc(const nghttp2_extension *frame) {
  const nghttp2_ext_altsvc *altsvc = frame->payload;
  uint32_t *at =
    h2_event_new(H2_EVENT_ALTSVC, 0,
                 1 + h2_bytes_words(altsvc->origin_len) + h2_bytes_words(altsvc->field_value_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)frame->hd.stream_id;
  at = h2_put_bytes(at + 1, altsvc->origin, altsvc->origin_len);
  h2_put_bytes(at, altsvc->field_value, altsvc->field_value_len);
  return 0;
}

static int note_origin(const nghttp2_extension *frame) {
  const nghttp2_ext_origin *origin = frame->payload;
  uint32_t words = 1;
  for (size_t i = 0; i < origin->nov; ++i) {
    words += h2_bytes_words(origin->ov[i].origin_len);
  }
  uint32_t *at = h2_event_new(H2_EVENT_ORIGIN, 0, words);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  *at++ = (uint32_t)origin->nov;
  for (size_t i = 0; i < origin->nov; ++i) {
    at = h2_put_bytes(at, origin->ov[i].origin, origin->ov[i].origin_len);
  }
  return 0;
}

static int note_extension(h2_session *session, const nghttp2_extension *frame) {
  uint32_t *at = h2_event_new(H2_EVENT_EXTENSION, 0, 3 + h2_bytes_words(session->extension_length));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = frame->hd.type;
  at[1] = frame->hd.flags;
  at[2] = (uint32_t)frame->hd.stream_id;
  h2_put_bytes(at + 3, session->extension, session->extension_length);
  h2_free(&session->account, session->extension);
  session->extension = NULL;
  session->extension_length = 0;
  return 0;
}

static int on_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  session->counters[H2_COUNT_FRAMES_RECEIVED] += 1;
  uint32_t stream = (uint32_t)frame->hd.stream_id;
  uint32_t block = (is_truncated(session) ? H2_HEADERS_TRUNCATED : 0) |
                   (session->block_fields == 0 ? H2_HEADERS_EMPTY : 0);
  switch (frame->hd.type) {
  case NGHTTP2_HEADERS:
    return note(H2_EVENT_HEADERS, block | (frame->hd.flags & NGHTTP2_FLAG_END_STREAM), stream,
                frame->headers.cat);
  case NGHTTP2_DATA:
    return frame->hd.flags & NGHTTP2_FLAG_END_STREAM ? note(H2_EVENT_STREAM_ENDED, 0, stream, 0)
                                                     : 0;
  case NGHTTP2_RST_STREAM:
    session->counters[H2_COUNT_RESETS_RECEIVED] += 1;
    return note(H2_EVENT_RST_STREAM, 0, stream, frame->rst_stream.error_code);
  case NGHTTP2_SETTINGS:
    return note_settings(&frame->settings);
  case NGHTTP2_PING:
    return note_ping(&frame->ping);
  case NGHTTP2_GOAWAY:
    return note_goaway(&frame->goaway);
  case NGHTTP2_WINDOW_UPDATE:
    return wanted(session, H2_EVENT_WINDOW_UPDATE)
             ? note(H2_EVENT_WINDOW_UPDATE, 0, stream,
                    (uint32_t)frame->window_update.window_size_increment)
             : 0;
  case NGHTTP2_PUSH_PROMISE:
    return note(H2_EVENT_PUSH_PROMISE, block, stream,
                (uint32_t)frame->push_promise.promised_stream_id);
  case NGHTTP2_PRIORITY_UPDATE:
    return wanted(session, H2_EVENT_PRIORITY_UPDATE) ? note_priority_update(&frame->ext) : 0;
  case NGHTTP2_ALTSVC:
    return note_altsvc(&frame->ext);
  case NGHTTP2_ORIGIN:
    return note_origin(&frame->ext);
  case NGHTTP2_PRIORITY: /* RFC 9113 §5.3.2: deprecated, ignored */
    return 0;
  default:
    return note_extension(session, &frame->ext);
  }
}

/*
 * What makes a server reset streams by itself is not in nghttp2's budget of received resets. It is
 * in this one: a peer that goes on sending malformed frames is told to calm down.
 */
static int spend_invalid_token(h2_session *session, nghttp2_session *ng) {
  uint32_t seconds = (h2_now - session->invalid_refilled) / 1000;
  if (seconds) {
    uint64_t tokens = session->invalid_tokens + (uint64_t)seconds * session->invalid_rate;
    session->invalid_tokens =
      tokens < session->invalid_burst ? (uint32_t)tokens : session->invalid_burst;
    session->invalid_refilled += seconds * 1000;
  }
  if (session->invalid_tokens) {
    session->invalid_tokens -= 1;
    return 0;
  }
  return nghttp2_session_terminate_session(ng, NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_invalid_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, int code,
                                 void *user_data) {
  h2_session *session = user_data;
  session->counters[H2_COUNT_INVALID_FRAMES] += 1;
  uint32_t *at = h2_event_new(H2_EVENT_FRAME_INVALID, 0, 3);
  if (!at || spend_invalid_token(session, ng) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = frame->hd.type;
  at[1] = (uint32_t)frame->hd.stream_id;
  at[2] = (uint32_t)code;
  return 0;
}

/* ---- unknown frames ----------------------------------------------------------------------- */

static int on_extension_chunk(nghttp2_session *ng, const nghttp2_frame_hd *head,
                              const uint8_t *data, size_t length, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  if (!session->extension) {
    session->extension = h2_alloc(&session->account, head->length);
    session->extension_length = 0;
    if (!session->extension) {
      return NGHTTP2_ERR_CANCEL;
    }
  }
  memcpy(session->extension + session->extension_length, data, length);
  session->extension_length += length;
  return 0;
}

static int unpack_extension(nghttp2_session *ng, void **payload, const nghttp2_frame_hd *head,
                            void *user_data) {
  (void)ng, (void)head, (void)user_data;
  *payload = NULL; /* it stays in the session until on_frame_recv, which follows at once */
  return 0;
}

static nghttp2_ssize pack_extension(nghttp2_session *ng, uint8_t *buffer, size_t length,
                                    const nghttp2_frame *frame, void *user_data) {
  (void)ng, (void)user_data;
  const h2_payload *payload = frame->ext.payload;
  if (payload->length > length) {
    return NGHTTP2_ERR_CANCEL;
  }
  memcpy(buffer, payload->bytes, payload->length);
  return (nghttp2_ssize)payload->length;
}

static int is_unknown(const nghttp2_frame *frame) {
  return frame->hd.type > NGHTTP2_CONTINUATION && frame->hd.type != NGHTTP2_ALTSVC &&
         frame->hd.type != NGHTTP2_ORIGIN && frame->hd.type != NGHTTP2_PRIORITY_UPDATE;
}

/* ---- sent frames -------------------------------------------------------------------------- */

/*
 * RFC 9113 §8.1: a server that has answered in full before the request ended may ask the client to
 * stop with RST_STREAM(NO_ERROR). Not for a tunnel, whose halves end apart.
 */
static int stop_request(nghttp2_session *ng, h2_session *session, int32_t id) {
  if (session->role != H2_ROLE_SERVER || nghttp2_session_get_stream_remote_close(ng, id) != 0) {
    return 0;
  }
  h2_stream *stream = h2_stream_find(session, id);
  if (stream && stream->half_close) {
    return 0;
  }
  return nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

static int on_frame_send(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  h2_session *session = user_data;
  session->counters[H2_COUNT_FRAMES_SENT] += 1;
  switch (frame->hd.type) {
  case NGHTTP2_DATA:
    session->counters[H2_COUNT_DATA_SENT] += (uint32_t)frame->hd.length;
    /* fall through */
  case NGHTTP2_HEADERS:
    return frame->hd.flags & NGHTTP2_FLAG_END_STREAM
             ? stop_request(ng, session, frame->hd.stream_id)
             : 0;
  case NGHTTP2_RST_STREAM:
    session->counters[H2_COUNT_RESETS_SENT] += 1;
    return 0;
  case NGHTTP2_GOAWAY:
    return note(H2_EVENT_GOAWAY_SENT, 0, (uint32_t)frame->goaway.last_stream_id,
                frame->goaway.error_code);
  default:
    if (is_unknown(frame)) {
      h2_payload_del(session, frame->ext.payload);
    }
    return 0;
  }
}

static void drop_body(h2_session *session, int32_t id) {
  h2_stream *stream = h2_stream_find(session, id);
  if (stream) {
    h2_stream_del(session, stream);
  }
}

static int on_frame_not_send(nghttp2_session *ng, const nghttp2_frame *frame, int code,
                             void *user_data) {
  h2_session *session = user_data;
  if (is_unknown(frame)) {
    h2_payload_del(session, frame->ext.payload);
  }
  if (frame->hd.type == NGHTTP2_HEADERS && !nghttp2_session_find_stream(ng, frame->hd.stream_id)) {
    drop_body(session, frame->hd.stream_id);
  }
  uint32_t *at = h2_event_new(H2_EVENT_FRAME_NOT_SENT, 0, 4);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = frame->hd.type;
  at[1] = (uint32_t)frame->hd.stream_id;
  at[2] =
    frame->hd.type == NGHTTP2_PUSH_PROMISE ? (uint32_t)frame->push_promise.promised_stream_id : 0;
  at[3] = (uint32_t)code;
  return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  session->counters[H2_COUNT_STREAMS_CLOSED] += 1;
  drop_body(session, id);
  return note(H2_EVENT_STREAM_CLOSED, 0, (uint32_t)id, code);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static int on_error(nghttp2_session *ng, int code, const char *message, size_t length,
                    void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  if (!wanted(session, H2_EVENT_DIAGNOSTIC)) {
    return 0;
  }
  uint32_t *at = h2_event_new(H2_EVENT_DIAGNOSTIC, 0, 1 + h2_bytes_words(length));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)code;
  h2_put_bytes(at + 1, message, length);
  return 0;
}

static nghttp2_ssize select_padding(nghttp2_session *ng, const nghttp2_frame *frame, size_t most,
                                    void *user_data) {
  (void)ng;
  const h2_session *session = user_data;
  size_t padded = frame->hd.length + session->max_padding;
  return (nghttp2_ssize)(padded < most ? padded : most);
}

nghttp2_session_callbacks *h2_callbacks(void) {
  static nghttp2_session_callbacks *callbacks;
  if (callbacks || nghttp2_session_callbacks_new(&callbacks) != 0) {
    return callbacks;
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame_recv);
  nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks, on_extension_chunk);
  nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, unpack_extension);
  nghttp2_session_callbacks_set_pack_extension_callback2(callbacks, pack_extension);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_send);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
  nghttp2_session_callbacks_set_select_padding_callback2(callbacks, select_padding);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, h2_stream_send);
  nghttp2_session_callbacks_set_rand_callback(callbacks, h2_random);
  return callbacks;
}
