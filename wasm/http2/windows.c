/*
 * The flow-control windows for what the peer sends. Each stream counts the received bytes that the
 * host has not consumed. These bytes return to the connection's window when the stream closes.
 */
#include "http2.h"

#include "marks.h"

static uint32_t unread_of(const nghttp2_stream *stream) {
  return h2_stream_marks(stream) & ~H2_ANSWERED_BIT;
}

static void set_unread(nghttp2_stream *stream, uint32_t bytes) {
  h2_stream_mark(stream, (h2_stream_marks(stream) & H2_ANSWERED_BIT) | bytes);
}

void h2_count_unread(nghttp2_session *ng, int32_t id, uint32_t bytes) {
  nghttp2_stream *stream = nghttp2_session_get_stream(ng, id);
  if (stream) {
    set_unread(stream, unread_of(stream) + bytes);
  }
}

int h2_return_unread(nghttp2_session *ng, int32_t id) {
  nghttp2_stream *stream = nghttp2_session_get_stream(ng, id);
  uint32_t bytes = stream ? unread_of(stream) : 0;
  if (bytes == 0) {
    return 0;
  }
  set_unread(stream, 0);
  return nghttp2_session_consume_connection(ng, bytes);
}

/* Takes up to `bytes` from the stream's count. Returns how many; 0 for a stream that has closed. */
static uint32_t take_unread(nghttp2_session *ng, int32_t id, uint32_t bytes) {
  nghttp2_stream *stream = nghttp2_session_get_stream(ng, id);
  uint32_t unread = stream ? unread_of(stream) : 0;
  uint32_t taken = bytes < unread ? bytes : unread;
  if (taken) {
    set_unread(stream, unread - taken);
  }
  return taken;
}

/* The application has read `bytes` of the stream's body: both windows grow by them. */
NW_EXPORT(h2_consume) int h2_consume(h2_session *session, int32_t id, uint32_t bytes) {
  uint32_t taken = take_unread(session->ng, id, bytes);
  return taken ? nghttp2_session_consume(session->ng, id, taken) : 0;
}

/* As h2_consume, for bytes that were discarded: only the connection's window grows. */
NW_EXPORT(h2_discard) int h2_discard(h2_session *session, int32_t id, uint32_t bytes) {
  uint32_t taken = take_unread(session->ng, id, bytes);
  return taken ? nghttp2_session_consume_connection(session->ng, taken) : 0;
}

NW_EXPORT(h2_submit_window_update)
int h2_submit_window_update(h2_session *session, int32_t id, int32_t increment) {
  return nghttp2_submit_window_update(session->ng, NGHTTP2_FLAG_NONE, id, increment);
}

/* Sets the window for what the peer sends; id 0: on the connection. */
NW_EXPORT(h2_set_local_window)
int h2_set_local_window(h2_session *session, int32_t id, int32_t size) {
  return nghttp2_session_set_local_window_size(session->ng, NGHTTP2_FLAG_NONE, id, size);
}
