/*
 * Bodies that are sent. A short body, or a short piece of one, is held in linear memory. For a long
 * body the host passes the number of bytes that are ready (a credit). nghttp2 frames them, and the
 * host inserts the bytes into the output (a splice).
 */
#include "http2.h"

#include <string.h>

h2_stream *h2_stream_find(h2_session *session, int32_t id) {
  return nghttp2_map_find(&session->streams, id);
}

h2_stream *h2_stream_new(h2_session *session, const uint8_t *bytes, uint32_t length) {
  h2_stream *stream = nw_alloc(&session->account, sizeof(h2_stream) + (bytes ? length : 0));
  if (!stream) {
    return NULL;
  }
  memset(stream, 0, sizeof(h2_stream));
  if (bytes) {
    stream->whole = stream->last = 1;
    stream->held = memcpy(stream->bytes, bytes, length);
    stream->held_length = length;
  }
  return stream;
}

int h2_stream_attach(h2_session *session, h2_stream *stream, int32_t id) {
  stream->id = id;
  return nghttp2_map_insert(&session->streams, id, stream);
}

void h2_stream_free(h2_session *session, h2_stream *stream) {
  if (stream) {
    h2_end_remove(stream);
    nw_free(&session->account, stream->trailers);
    nw_free(&session->account, stream->piece);
    nw_free(&session->account, stream);
  }
}

void h2_stream_del(h2_session *session, h2_stream *stream) {
  nghttp2_map_remove(&session->streams, stream->id);
  h2_stream_free(session, stream);
}

/* Ends the body with END_STREAM, or with the trailers, which carry END_STREAM. */
static int finish(nghttp2_session *ng, h2_stream *stream, uint32_t *flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  stream->ended = 1;
  h2_end_remove(stream);
  if (!stream->trailers) {
    return 0;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return nghttp2_submit_trailer(ng, stream->id, stream->trailers, stream->trailer_count);
}

/* Copies held bytes to nghttp2's frame. The number of bytes, or NGHTTP2_ERR_*. */
static nghttp2_ssize read_held(h2_session *session, h2_stream *stream, uint8_t *to, size_t length) {
  uint32_t taken = stream->held_length < length ? stream->held_length : (uint32_t)length;
  memcpy(to, stream->held, taken);
  stream->held += taken;
  stream->held_length -= taken;
  if (stream->whole) {
    return taken;
  }
  if (stream->held_length == 0) {
    nw_free(&session->account, stream->piece);
    stream->piece = NULL;
  }
  int result = nw_note(NW_EVENT_PIECE_SENT, 0, (uint32_t)stream->id, taken);
  return result < 0 ? result : (nghttp2_ssize)taken;
}

nghttp2_ssize h2_stream_read(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t length,
                             uint32_t *flags, nghttp2_data_source *source, void *user_data) {
  (void)source;
  h2_session *session = user_data;
  h2_stream *stream = h2_stream_find(session, id);
  if (!stream) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (stream->held_length == 0 && stream->ready == 0 && !stream->last) {
    stream->deferred = 1;
    return NGHTTP2_ERR_DEFERRED;
  }
  nghttp2_ssize taken;
  if (stream->held_length) {
    taken = read_held(session, stream, buffer, length);
  } else {
    taken = stream->ready < length ? stream->ready : (nghttp2_ssize)length;
    stream->ready -= (uint32_t)taken;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  }
  if (stream->held_length == 0 && stream->ready == 0 && stream->last &&
      finish(ng, stream, flags) != 0) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return taken;
}

/* Writes the header and the padding of a DATA frame whose payload the host splices in. */
int h2_stream_send(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
                   nghttp2_data_source *source, void *user_data) {
  (void)ng, (void)source;
  h2_session *session = user_data;
  if (session->send_budget == 0 || nw_region.splice_count == NW_SPLICE_CAPACITY ||
      nw_region.output_length + H2_OUTPUT_RESERVE > NW_OUTPUT_CAPACITY) {
    nw_region.output_more = 1;
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  uint8_t *out = nw_region.output + nw_region.output_length;
  memcpy(out, head, 9);
  out += 9;
  size_t padding = frame->data.padlen; /* the pad length octet included */
  if (padding) {
    *out++ = (uint8_t)(padding - 1);
  }
  if (length) {
    uint32_t *splice = nw_region.splices + 3 * nw_region.splice_count++;
    splice[0] = (uint32_t)(out - nw_region.output);
    splice[1] = (uint32_t)frame->hd.stream_id;
    splice[2] = (uint32_t)length;
  }
  if (padding) {
    memset(out, 0, padding - 1);
    out += padding - 1;
  }
  nw_region.output_length = (uint32_t)(out - nw_region.output);
  session->send_budget -= length < session->send_budget ? length : session->send_budget;
  return 0;
}

/* Resumes the body after more of it was added. `last`: the body is complete. */
static int go_on(h2_session *session, h2_stream *stream, int last) {
  stream->last = last != 0;
  if (last && stream->held_length == 0 && stream->ready == 0) {
    h2_end_add(session, stream);
  }
  if (!stream->deferred) {
    return 0;
  }
  stream->deferred = 0;
  return nghttp2_session_resume_data(session->ng, stream->id);
}

/*
 * `bytes` more of the stream's body are ready at the host, which splices them in after
 * h2_session_send. `last` 1: the body is complete. 0, or NGHTTP2_ERR_* where the stream has no
 * body, or a complete one.
 */
NW_EXPORT(h2_stream_credit)
int h2_stream_credit(h2_session *session, int32_t id, uint32_t bytes, int last) {
  h2_stream *stream = h2_stream_find(session, id);
  if (!stream || stream->last) {
    return NGHTTP2_ERR_INVALID_STREAM_STATE;
  }
  stream->ready += bytes;
  return go_on(session, stream, last);
}

/* Makes room for `length` bytes after the held bytes. 0, or NGHTTP2_ERR_NOMEM. */
static int reserve_piece(h2_session *session, h2_stream *stream, uint32_t length) {
  uint32_t end = stream->piece ? (uint32_t)(stream->held - stream->piece) + stream->held_length : 0;
  if (stream->piece && end + length <= stream->piece_capacity) {
    return 0;
  }
  /* Most bodies have one piece. Where a second one follows, more are likely. */
  uint32_t capacity = stream->piece ? 2 * (stream->held_length + length) : length;
  uint8_t *piece = nw_alloc(&session->account, capacity);
  if (!piece) {
    return NGHTTP2_ERR_NOMEM;
  }
  if (stream->piece) {
    memcpy(piece, stream->held, stream->held_length);
    nw_free(&session->account, stream->piece);
  }
  stream->held = stream->piece = piece;
  stream->piece_capacity = capacity;
  return 0;
}

/*
 * As h2_stream_credit, for `length` bytes in scratch, which are copied. PIECE_SENT records report
 * when the bytes are sent. Fails while credit is left.
 */
NW_EXPORT(h2_stream_push)
int h2_stream_push(h2_session *session, int32_t id, uint32_t length, int last) {
  h2_stream *stream = h2_stream_find(session, id);
  if (!stream || stream->last || stream->ready) {
    return NGHTTP2_ERR_INVALID_STREAM_STATE;
  }
  int result = reserve_piece(session, stream, length);
  if (result < 0) {
    return result;
  }
  memcpy(stream->held + stream->held_length, nw_region.scratch, length);
  stream->held_length += length;
  return go_on(session, stream, last);
}

/* Copies a field list and its strings into one block. */
static nghttp2_nv *copy_fields(h2_session *session, const nghttp2_nv *fields, uint32_t count) {
  size_t size = count * sizeof(nghttp2_nv);
  for (uint32_t i = 0; i < count; ++i) {
    size += fields[i].namelen + fields[i].valuelen;
  }
  nghttp2_nv *copy = nw_alloc(&session->account, size);
  if (!copy) {
    return NULL;
  }
  uint8_t *strings = (uint8_t *)(copy + count);
  for (uint32_t i = 0; i < count; ++i) {
    copy[i] = fields[i];
    copy[i].name = memcpy(strings, fields[i].name, fields[i].namelen);
    strings += fields[i].namelen;
    copy[i].value = memcpy(strings, fields[i].value, fields[i].valuelen);
    strings += fields[i].valuelen;
  }
  return copy;
}

/* Ends the stream's body with the trailer fields in scratch. 0 or NGHTTP2_ERR_*. */
NW_EXPORT(h2_submit_trailers)
int h2_submit_trailers(h2_session *session, int32_t id, uint32_t count) {
  const nghttp2_nv *fields = (const nghttp2_nv *)nw_region.scratch;
  h2_stream *stream = h2_stream_find(session, id);
  /* RFC 9113 §8.5: a tunnel has no trailers. */
  if (!stream || stream->trailers || stream->ended || stream->half_close ||
      (stream->last && !stream->whole)) {
    return NGHTTP2_ERR_INVALID_STREAM_STATE;
  }
  stream->trailers = copy_fields(session, fields, count);
  if (!stream->trailers) {
    return NGHTTP2_ERR_NOMEM;
  }
  stream->trailer_count = count;
  return stream->whole ? 0 : h2_stream_credit(session, id, 0, 1);
}
