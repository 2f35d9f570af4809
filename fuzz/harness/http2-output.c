/* Checks the frames that a session sends: whole, in order, none behind the end of its stream. */
#include <string.h>

#include "session.h"

static const uint8_t preface[] = NGHTTP2_CLIENT_MAGIC;
enum { PREFACE = sizeof preface - 1, HEAD = 9 };

static sent_stream *sent_on(peer *of, int32_t id) {
  for (uint32_t i = 0; i < of->sent_count; ++i) {
    if (of->sent[i].id == id) {
      return &of->sent[i];
    }
  }
  if (of->sent_count == MOST_STREAMS) {
    return NULL;
  }
  of->sent[of->sent_count] = (sent_stream){.id = id};
  return &of->sent[of->sent_count++];
}

static void check_stream(peer *of, uint8_t type, uint8_t flags, int32_t id) {
  sent_stream *stream = sent_on(of, id);
  if (!stream) {
    return;
  }
  switch (type) {
  case NGHTTP2_DATA:
  case NGHTTP2_HEADERS:
    expect(!stream->has_ended && !stream->was_reset, "frame %u behind the end of stream %d", type,
           id);
    stream->has_ended = flags & NGHTTP2_FLAG_END_STREAM;
    break;
  case NGHTTP2_RST_STREAM:
    stream->was_reset = 1;
    break;
  case NGHTTP2_PUSH_PROMISE:
    expect(!stream->has_ended && !stream->was_reset, "a promise behind the end of stream %d", id);
    break;
  default:
    break;
  }
}

/* RFC 9113 §4.3: the frames of a header block come without others between them. */
static void check_block(peer *of, uint8_t type, uint8_t flags, int32_t id) {
  expect(of->block == 0 || (type == NGHTTP2_CONTINUATION && id == of->block),
         "frame %u within the header block of stream %d", type, of->block);
  expect(of->block != 0 || type != NGHTTP2_CONTINUATION, "CONTINUATION outside of a header block");
  if (type == NGHTTP2_HEADERS || type == NGHTTP2_PUSH_PROMISE || type == NGHTTP2_CONTINUATION) {
    of->block = flags & NGHTTP2_FLAG_END_HEADERS ? 0 : id;
  }
}

/* The bytes of a body that the host puts in at `at` of the output; 0 where there are none. */
static uint32_t splice_at(peer *of, uint32_t *next, size_t at, int32_t id) {
  if (*next == nw_region.splice_count || nw_region.splices[3 * *next] != at) {
    return 0;
  }
  const uint32_t *splice = nw_region.splices + 3 * (*next)++;
  uint32_t length = splice[2];
  expect(splice[1] == (uint32_t)id, "a splice of stream %u in a frame of stream %d", splice[1], id);
  host_body *body = body_find(of, id);
  expect(body && (body->is_loose || body->credit >= length),
         "%u bytes of stream %d are spliced in, the host has fewer", length, id);
  body->credit -= length < body->credit ? length : body->credit;
  return length;
}

void check_output(peer *of) {
  const uint8_t *bytes = nw_region.output;
  size_t length = nw_region.output_length, at = 0;
  uint32_t splice = 0;
  if (of->keeps_output) {
    buffer_add(&of->output, bytes, length);
  }
  expect(length <= NW_OUTPUT_CAPACITY, "the output is longer than its region");
  if (ROLE == NW_ROLE_CLIENT && !of->has_preface && length) {
    expect(length >= PREFACE && memcmp(bytes, preface, PREFACE) == 0, "no preface");
    of->has_preface = 1;
    at = PREFACE;
  }
  while (at < length) {
    expect(length - at >= HEAD, "a frame head is cut");
    const uint8_t *head = bytes + at;
    size_t payload = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    uint8_t type = head[3], flags = head[4];
    int32_t id = head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8];
    expect(id >= 0, "the reserved bit of a frame is set");
    at += HEAD;
    uint32_t padded = type == NGHTTP2_DATA && flags & NGHTTP2_FLAG_PADDED ? 1 : 0;
    expect(length - at >= padded, "a pad length is cut");
    uint32_t spliced = type == NGHTTP2_DATA ? splice_at(of, &splice, at + padded, id) : 0;
    expect(payload >= spliced && payload - spliced <= length - at, "frame %u is cut", type);
    at += payload - spliced;
    check_block(of, type, flags, id);
    check_stream(of, type, flags, id);
  }
  expect(splice == nw_region.splice_count, "a splice is outside of a frame of DATA");
}
