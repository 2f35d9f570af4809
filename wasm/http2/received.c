/* nghttp2's callbacks for frames that are received. Each appends records and returns. */
#include "http2.h"

#include <string.h>

#include "nghttp2_session.h"

_Static_assert((int)NW_CATEGORY_REQUEST == NGHTTP2_HCAT_REQUEST &&
                 (int)NW_CATEGORY_RESPONSE == NGHTTP2_HCAT_RESPONSE &&
                 (int)NW_CATEGORY_PUSH_RESPONSE == NGHTTP2_HCAT_PUSH_RESPONSE &&
                 (int)NW_CATEGORY_HEADERS == NGHTTP2_HCAT_HEADERS,
               "HEADERS records carry nghttp2's category");
_Static_assert((int)NW_BLOCK_END_STREAM == NGHTTP2_FLAG_END_STREAM &&
                 (int)NW_FRAME_ACK == NGHTTP2_FLAG_ACK,
               "records carry the frame's flags");

/* ---- header blocks ------------------------------------------------------------------------ */

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  h2_session *session = user_data;
  session->block_fields = session->block_crumbs = session->block_bytes = 0;
  session->block_noted = session->block_truncated = session->block_charged = 0;
  session->block_start = nw_region.event_words;
  session->block_is_split = 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    session->block_pauses = session->requests_left == 0;
    session->requests_left -= !session->block_pauses;
  }
  return h2_check_tunnel(session, ng, frame);
}

/* Pauses at the first field of a request beyond the number that h2_session_receive was given. */
static int pause_or_go_on(h2_session *session) {
  if (!session->block_pauses) {
    return 0;
  }
  session->block_pauses = 0;
  return NGHTTP2_ERR_PAUSE;
}

enum {
  /* A block of this many times the limits ends the connection. */
  BLOCK_EXCESS = 4,
  /* The overhead of a field in RFC 9113 §6.5.2, in bytes. */
  FIELD_OVERHEAD = 32,
  /* Bytes that a block may take from the static table, and repeat from the dynamic one. */
  BLOCK_REPEATS = 4096,
};

/* The result of a callback for a field, after a call that may have terminated the session. */
static int stop_if_terminated(const nghttp2_session *ng, int result) {
  if (result != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  /* Ends nghttp2's loop over the block; the rest of the input is ignored. */
  return ng->iframe.state == NGHTTP2_IB_IGN_ALL ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
}

/*
 * A block that repeats entries of the dynamic table, at one byte each, costs many times its length:
 * nghttp2 validates each field again. The Huffman code expands 5 bits to at most 8, and a block
 * needs each entry once. A block that decodes to more than both allow costs a token.
 */
static int charge_repeats(h2_session *session, nghttp2_session *ng, const nghttp2_frame *frame) {
  uint64_t more_crumbs = session->block_crumbs ? session->block_crumbs - 1 : 0;
  uint64_t decoded = session->block_bytes - FIELD_OVERHEAD * (session->block_fields + more_crumbs);
  uint64_t honest =
    2 * (uint64_t)frame->hd.length + ng->hd_inflater.ctx.hd_table_bufsize_max + BLOCK_REPEATS;
  if (session->block_charged || decoded <= honest) {
    return 0;
  }
  session->block_charged = 1;
  return stop_if_terminated(ng, h2_spend_invalid_token(session, ng));
}

/*
 * A field beyond the limits is dropped. The first such field of a block costs a token, like a
 * malformed frame, which bounds the number of such blocks. A block far beyond the limits ends the
 * connection, because nghttp2 would go on to validate each of its fields.
 */
static int drop_field(h2_session *session, nghttp2_session *ng) {
  int result = 0;
  session->block_truncated = 1;
  if (!session->block_charged) {
    session->block_charged = 1;
    result = h2_spend_invalid_token(session, ng);
  }
  if (result == 0 && (session->block_fields > (uint64_t)BLOCK_EXCESS * session->max_header_fields ||
                      session->block_bytes > BLOCK_EXCESS * h2_header_list_limit(session))) {
    result = nghttp2_session_terminate_session(ng, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  result = stop_if_terminated(ng, result);
  return result != 0 ? result : pause_or_go_on(session);
}

/*
 * The crumbs of a cookie are one field (RFC 9113 §8.2.3). Their bytes are counted in full, with the
 * overhead of each crumb.
 */
static void count_field(h2_session *session, nghttp2_vec name, nghttp2_vec value) {
  int is_crumb = name.len == 6 && memcmp(name.base, "cookie", 6) == 0;
  session->block_crumbs += is_crumb;
  session->block_fields += !is_crumb || session->block_crumbs == 1;
  session->block_bytes += name.len + value.len + FIELD_OVERHEAD;
}

/* nghttp2 advertises SETTINGS_MAX_HEADER_LIST_SIZE and does not enforce it; this callback does. */
static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user_data) {
  h2_session *session = user_data;
  count_field(session, nghttp2_rcbuf_get_buf(name), nghttp2_rcbuf_get_buf(value));
  int result = charge_repeats(session, ng, frame);
  if (result != 0) {
    return result;
  }
  if (session->block_truncated || session->block_fields > session->max_header_fields ||
      session->block_bytes > h2_header_list_limit(session)) {
    return drop_field(session, ng);
  }
  uint32_t field_flags = (session->block_noted == 0 ? NW_FIELD_FIRST : 0) |
                         (flags & NGHTTP2_NV_FLAG_NO_INDEX ? NW_FIELD_NEVER_INDEX : 0);
  session->block_noted += 1;
  if (nw_event_field(name, value, field_flags) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return pause_or_go_on(session);
}

/*
 * RFC 9113 §8.2.1: a malformed field makes the message malformed. Ignoring it would allow request
 * smuggling.
 */
static int on_invalid_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                             nghttp2_rcbuf *value, uint8_t flags, void *user_data) {
  (void)ng, (void)frame, (void)name, (void)value, (void)flags, (void)user_data;
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/*
 * The flags of a block whose fields are those of the kept block, or 0. Where the host has these
 * fields, the records of the block are dropped.
 */
static uint32_t repeat_flags(h2_session *session) {
  h2_kept_block *kept = &session->kept;
  uint32_t length = 3 * session->block_noted;
  /* The FIELD record of a new string is longer, and other records may stand between. */
  if (length == 0 || length > H2_KEPT_WORDS || session->block_truncated ||
      session->block_is_split || nw_region.event_words - session->block_start != length) {
    return 0;
  }
  const uint32_t *words = nw_region.events + session->block_start;
  size_t size = length * sizeof(uint32_t);
  if (kept->length != length || kept->slots_taken != nw_slots_taken ||
      memcmp(kept->words, words, size) != 0) {
    kept->length = length;
    kept->slots_taken = nw_slots_taken;
    kept->is_known = 0;
    memcpy(kept->words, words, size);
    return 0;
  }
  if (!kept->is_known) {
    kept->is_known = 1;
    return NW_BLOCK_KEPT;
  }
  nw_region.event_words = session->block_start;
  return NW_BLOCK_REPEATED;
}

/* ---- received frames ---------------------------------------------------------------------- */

static int on_data_chunk(nghttp2_session *ng, uint8_t flags, int32_t stream, const uint8_t *data,
                         size_t length, void *user_data) {
  (void)flags;
  h2_session *session = user_data;
  session->counters[H2_COUNT_DATA_RECEIVED] += (uint32_t)length;
  h2_count_unread(ng, stream, (uint32_t)length);
  uint32_t *at = nw_event_new(NW_EVENT_DATA, 0, 3);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)stream;
  at[1] = (uint32_t)(data - nw_region.input);
  at[2] = (uint32_t)length;
  return 0;
}

static int note_settings(const nghttp2_settings *settings) {
  uint32_t count = (uint32_t)settings->niv;
  uint32_t *at =
    nw_event_new(NW_EVENT_SETTINGS, settings->hd.flags & NGHTTP2_FLAG_ACK, 1 + 2 * count);
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
  uint32_t *at = nw_event_new(NW_EVENT_PING, ping->hd.flags & NGHTTP2_FLAG_ACK, 2);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  memcpy(at, ping->opaque_data, 8);
  return 0;
}

static int note_goaway(const nghttp2_goaway *goaway) {
  uint32_t *at = nw_event_new(NW_EVENT_GOAWAY, 0, 2 + nw_bytes_words(goaway->opaque_data_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)goaway->last_stream_id;
  at[1] = goaway->error_code;
  nw_put_bytes(at + 2, goaway->opaque_data, goaway->opaque_data_len);
  return 0;
}

static int note_priority_update(const nghttp2_extension *frame) {
  const nghttp2_ext_priority_update *update = frame->payload;
  uint32_t *at =
    nw_event_new(NW_EVENT_PRIORITY_UPDATE, 0, 1 + nw_bytes_words(update->field_value_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)update->stream_id;
  nw_put_bytes(at + 1, update->field_value, update->field_value_len);
  return 0;
}

static int note_altsvc(const nghttp2_extension *frame) {
  const nghttp2_ext_altsvc *altsvc = frame->payload;
  uint32_t *at =
    nw_event_new(NW_EVENT_ALTSVC, 0,
                 1 + nw_bytes_words(altsvc->origin_len) + nw_bytes_words(altsvc->field_value_len));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)frame->hd.stream_id;
  at = nw_put_bytes(at + 1, altsvc->origin, altsvc->origin_len);
  nw_put_bytes(at, altsvc->field_value, altsvc->field_value_len);
  return 0;
}

static int note_origin(const nghttp2_extension *frame) {
  const nghttp2_ext_origin *origin = frame->payload;
  uint32_t words = 1;
  for (size_t i = 0; i < origin->nov; ++i) {
    words += nw_bytes_words(origin->ov[i].origin_len);
  }
  uint32_t *at = nw_event_new(NW_EVENT_ORIGIN, 0, words);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  *at++ = (uint32_t)origin->nov;
  for (size_t i = 0; i < origin->nov; ++i) {
    at = nw_put_bytes(at, origin->ov[i].origin, origin->ov[i].origin_len);
  }
  return 0;
}

static int note_extension(h2_session *session, const nghttp2_extension *frame) {
  uint32_t *at = nw_event_new(NW_EVENT_EXTENSION, 0, 3 + nw_bytes_words(session->extension_length));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = frame->hd.type;
  at[1] = frame->hd.flags;
  at[2] = (uint32_t)frame->hd.stream_id;
  nw_put_bytes(at + 3, session->extension, session->extension_length);
  nw_free(&session->account, session->extension);
  session->extension = NULL;
  session->extension_length = 0;
  return 0;
}

static int on_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  session->counters[H2_COUNT_FRAMES_RECEIVED] += 1;
  uint32_t stream = (uint32_t)frame->hd.stream_id;
  uint32_t block = (session->block_truncated ? NW_BLOCK_TRUNCATED : 0) |
                   (session->block_noted == 0 ? NW_BLOCK_EMPTY : 0);
  int is_last = frame->hd.type <= NGHTTP2_HEADERS && frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (is_last || frame->hd.type == NGHTTP2_RST_STREAM) {
    h2_peer_ended(session, frame->hd.stream_id);
  }
  switch (frame->hd.type) {
  case NGHTTP2_HEADERS:
    block |= repeat_flags(session) | (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    return nw_note(NW_EVENT_HEADERS, block, stream, frame->headers.cat);
  case NGHTTP2_DATA:
    return frame->hd.flags & NGHTTP2_FLAG_END_STREAM ? nw_note(NW_EVENT_STREAM_ENDED, 0, stream, 0)
                                                     : 0;
  case NGHTTP2_RST_STREAM:
    session->counters[H2_COUNT_RESETS_RECEIVED] += 1;
    return nw_note(NW_EVENT_RST_STREAM, 0, stream, frame->rst_stream.error_code);
  case NGHTTP2_SETTINGS:
    if (frame->hd.flags & NGHTTP2_FLAG_ACK) {
      h2_settings_acknowledged(session);
    }
    return note_settings(&frame->settings);
  case NGHTTP2_PING:
    return note_ping(&frame->ping);
  case NGHTTP2_GOAWAY:
    return note_goaway(&frame->goaway);
  case NGHTTP2_WINDOW_UPDATE:
    return h2_wanted(session, NW_EVENT_WINDOW_UPDATE)
             ? nw_note(NW_EVENT_WINDOW_UPDATE, 0, stream,
                       (uint32_t)frame->window_update.window_size_increment)
             : 0;
  case NGHTTP2_PUSH_PROMISE:
    return nw_note(NW_EVENT_PUSH_PROMISE, block, stream,
                   (uint32_t)frame->push_promise.promised_stream_id);
  case NGHTTP2_PRIORITY_UPDATE:
    return h2_wanted(session, NW_EVENT_PRIORITY_UPDATE) ? note_priority_update(&frame->ext) : 0;
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

static int on_invalid_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, int code,
                                 void *user_data) {
  h2_session *session = user_data;
  int result = h2_note_invalid(session, &frame->hd, code);
  return result == 0 && h2_spend_invalid_token(session, ng) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- unknown frames ----------------------------------------------------------------------- */

static int on_extension_chunk(nghttp2_session *ng, const nghttp2_frame_hd *head,
                              const uint8_t *data, size_t length, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  if (!session->extension) {
    session->extension = nw_alloc(&session->account, head->length);
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
  *payload = NULL; /* the session keeps it until on_frame_recv, which nghttp2 calls next */
  return 0;
}

void h2_received_callbacks(nghttp2_session_callbacks *callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, h2_check_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame_recv);
  nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks, on_extension_chunk);
  nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, unpack_extension);
}
