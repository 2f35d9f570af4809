/*
 * What the bridge notes of each of nghttp2's streams. nghttp2 keeps a pointer for its user with a
 * stream; here it is no address, but how many bytes the host has not taken in, which a window keeps
 * below 2^31, and whether the stream was answered.
 */
#ifndef NGHTTP2_WASM_MARKS_H
#define NGHTTP2_WASM_MARKS_H

#include <stdint.h>

#include "nghttp2_session.h"

#define H2_ANSWERED_BIT 0x80000000U
static inline uint32_t h2_stream_marks(const nghttp2_stream *stream) {
  return (uint32_t)(uintptr_t)stream->stream_user_data;
}
static inline void h2_stream_mark(nghttp2_stream *stream, uint32_t marks) {
  stream->stream_user_data = (void *)(uintptr_t)marks;
}

#endif
