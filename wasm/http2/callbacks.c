/*
 * nghttp2's callbacks for frames that are sent and for the session. Each appends records and
 * returns. received.c has the callbacks for frames that are received.
 */
#include "http2.h"

#include <string.h>

#include "marks.h"

int h2_wanted(const h2_session *session, enum nw_event kind) {
  return session->event_mask >> kind & 1;
}

/* ---- sent frames -------------------------------------------------------------------------- */

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

int h2_is_unknown(uint32_t frame_type) {
  return frame_type > NGHTTP2_CONTINUATION && frame_type != NGHTTP2_ALTSVC &&
         frame_type != NGHTTP2_ORIGIN && frame_type != NGHTTP2_PRIORITY_UPDATE;
}

/*
 * RFC 9113 §8.1: a server whose response is complete before the request has ended may ask the
 * client to stop with RST_STREAM(NO_ERROR). A host that reads ANSWERED sends it, after the client
 * has had time to read the response. The two directions of a tunnel end independently.
 */
int h2_end_sent(h2_session *session, int32_t id) {
  nghttp2_session *ng = session->ng;
  if (session->role != NW_ROLE_SERVER || nghttp2_session_get_stream_remote_close(ng, id) != 0) {
    return 0;
  }
  h2_stream *stream = h2_stream_find(session, id);
  if (stream && stream->half_close) {
    return 0;
  }
  return h2_wanted(session, NW_EVENT_ANSWERED)
           ? nw_note(NW_EVENT_ANSWERED, 0, (uint32_t)id, 0)
           : nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

static int on_frame_send(nghttp2_session *ng, const nghttp2_frame *frame, void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  session->counters[H2_COUNT_FRAMES_SENT] += 1;
  session->window_credit += H2_WINDOW_UPDATES;
  switch (frame->hd.type) {
  case NGHTTP2_DATA:
    session->counters[H2_COUNT_DATA_SENT] += (uint32_t)frame->hd.length;
    /* fall through */
  case NGHTTP2_HEADERS:
    return frame->hd.flags & NGHTTP2_FLAG_END_STREAM ? h2_end_sent(session, frame->hd.stream_id)
                                                     : 0;
  case NGHTTP2_RST_STREAM:
    session->counters[H2_COUNT_RESETS_SENT] += 1;
    return 0;
  case NGHTTP2_GOAWAY:
    return nw_note(NW_EVENT_GOAWAY_SENT, 0, (uint32_t)frame->goaway.last_stream_id,
                   frame->goaway.error_code);
  default:
    if (h2_is_unknown(frame->hd.type)) {
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

/*
 * Whether a body was to follow these HEADERS. The frame is the first member of nghttp2's outbound
 * item.
 */
static int carries_body(const nghttp2_frame *frame) {
  const nghttp2_outbound_item *item = (const nghttp2_outbound_item *)frame;
  return item->aux_data.headers.dpw.data_prd.v2.read_callback == h2_stream_read;
}

/* A response that could not be sent does not count: another response may be submitted. */
static void unanswer(nghttp2_session *ng, int32_t id) {
  nghttp2_stream *stream = nghttp2_session_get_stream(ng, id);
  if (stream && stream->state == NGHTTP2_STREAM_OPENING) {
    h2_stream_mark(stream, h2_stream_marks(stream) & ~H2_ANSWERED_BIT);
  }
}

static int on_frame_not_send(nghttp2_session *ng, const nghttp2_frame *frame, int code,
                             void *user_data) {
  h2_session *session = user_data;
  if (h2_is_unknown(frame->hd.type)) {
    h2_payload_del(session, frame->ext.payload);
  }
  if (frame->hd.type == NGHTTP2_HEADERS) {
    unanswer(ng, frame->hd.stream_id);
    if (carries_body(frame)) {
      drop_body(session, frame->hd.stream_id);
    }
  }
  uint32_t *at = nw_event_new(NW_EVENT_FRAME_NOT_SENT, 0, 4);
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
  h2_session *session = user_data;
  session->counters[H2_COUNT_STREAMS_CLOSED] += 1;
  drop_body(session, id);
  int result = h2_return_unread(ng, id);
  if (result != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return nw_note(NW_EVENT_STREAM_CLOSED, 0, (uint32_t)id, code);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static int on_error(nghttp2_session *ng, int code, const char *message, size_t length,
                    void *user_data) {
  (void)ng;
  h2_session *session = user_data;
  if (!h2_wanted(session, NW_EVENT_DIAGNOSTIC)) {
    return 0;
  }
  uint32_t *at = nw_event_new(NW_EVENT_DIAGNOSTIC, 0, 1 + nw_bytes_words(length));
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = (uint32_t)code;
  nw_put_bytes(at + 1, message, length);
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
  h2_received_callbacks(callbacks);
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
