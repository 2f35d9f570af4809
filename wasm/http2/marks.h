/*
 * Marks on nghttp2's streams, in the place of the user data pointer: the number of received bytes
 * that the host has not consumed, which the window keeps below 2^31, and whether a response was
 * submitted.
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
