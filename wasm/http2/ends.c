/*
 * Ends of bodies that need no window. nghttp2 reads the rest of a body only where both windows are
 * open. HEADERS and an empty DATA frame are not flow-controlled (RFC 9113 §6.9), so the end of a
 * body that has no other bytes left is sent by this file.
 */
#include "http2.h"

#include <string.h>

#include "nghttp2_session.h"

enum { FRAME_HEAD = 9 };

void h2_end_add(h2_session *session, h2_stream *stream) {
  stream->next_end = session->ends;
  stream->end_link = &session->ends;
  if (stream->next_end) {
    stream->next_end->end_link = &stream->next_end;
  }
  session->ends = stream;
}

void h2_end_remove(h2_stream *stream) {
  if (!stream->end_link) {
    return;
  }
  *stream->end_link = stream->next_end;
  if (stream->next_end) {
    stream->next_end->end_link = stream->end_link;
  }
  stream->end_link = NULL;
}

/* The stream, where only the end of its message is left and a window blocks it; else NULL. */
static nghttp2_stream *blocked_stream(const h2_session *session, const h2_stream *end) {
  nghttp2_session *ng = session->ng;
  nghttp2_stream *stream = nghttp2_session_get_stream(ng, end->id);
  if (!stream || !stream->item || (ng->goaway_flags & NGHTTP2_GOAWAY_TERM_ON_SEND) ||
      stream->state == NGHTTP2_STREAM_CLOSING || (stream->shut_flags & NGHTTP2_SHUT_WR) ||
      (ng->remote_window_size > 0 && stream->remote_window_size > 0)) {
    return NULL;
  }
  /* The last frame of the body is still being sent. */
  const nghttp2_outbound_item *active = ng->aob.item;
  return active && active->frame.hd.stream_id == end->id ? NULL : stream;
}

int h2_ends_wait(const h2_session *session) {
  for (const h2_stream *end = session->ends; end; end = end->next_end) {
    if (blocked_stream(session, end)) {
      return 1;
    }
  }
  return 0;
}

/* No header block is being sent: its frames must be contiguous (RFC 9113 §4.3). */
static int is_between_frames(nghttp2_session *ng) {
  nghttp2_active_outbound_item *active = &ng->aob;
  return !active->item || active->state == NGHTTP2_OB_SEND_NO_COPY ||
         (active->state == NGHTTP2_OB_SEND_DATA &&
          nghttp2_buf_len(&active->framebufs.cur->buf) == 0 &&
          !nghttp2_bufs_next_present(&active->framebufs));
}

/*
 * Sends an empty DATA frame with END_STREAM, and closes the stream's side as nghttp2 does after its
 * own frames.
 */
static int send_empty_data(h2_session *session, nghttp2_stream *stream) {
  uint32_t id = (uint32_t)stream->stream_id;
  uint8_t head[FRAME_HEAD] = {0, 0, 0, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM};
  for (int i = 0; i < 4; ++i) {
    head[FRAME_HEAD - 1 - i] = (uint8_t)(id >> 8 * i);
  }
  memcpy(nw_region.output + nw_region.output_length, head, FRAME_HEAD);
  nw_region.output_length += FRAME_HEAD;
  session->counters[H2_COUNT_FRAMES_SENT] += 1;
  int result = h2_end_sent(session, stream->stream_id);
  if (result != 0) {
    return result;
  }
  nghttp2_stream_shutdown(stream, NGHTTP2_SHUT_WR);
  return nghttp2_session_close_stream_if_shut_rdwr(session->ng, stream);
}

int h2_ends_send(h2_session *session) {
  h2_stream *next;
  for (h2_stream *end = session->ends; end; end = next) {
    next = end->next_end;
    nghttp2_stream *stream = blocked_stream(session, end);
    if (!stream) {
      continue;
    }
    int result = 0;
    if (end->trailers) {
      result = nghttp2_submit_trailer(session->ng, end->id, end->trailers, end->trailer_count);
    } else if (nw_region.output_length + FRAME_HEAD > NW_OUTPUT_CAPACITY ||
               !is_between_frames(session->ng)) {
      nw_region.output_more = 1;
      continue;
    }
    end->ended = 1;
    h2_end_remove(end);
    if (!end->trailers) {
      result = send_empty_data(session, stream); /* a stream that closes frees `end` */
    }
    if (result != 0) {
      return result;
    }
  }
  return 0;
}
