/*
 * A mutator that knows frames: it changes one frame of the wire bytes and corrects its length, or
 * adds, removes or moves a whole frame, so that most of what it makes is parsed to its end. It
 * leaves every second input to libFuzzer's own mutations.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

enum { HEAD = 9, PREFACE = 24, MOST_FRAMES = 256, MOST_WIRE = 0xffff };

/* Frames that are well-formed: length, type, flags, stream, payload. */
static const struct {
  uint8_t length;
  uint8_t bytes[40];
} templates[] = {
  {9, {0, 0, 0, 4, 0, 0, 0, 0, 0}},
  {9, {0, 0, 0, 4, 1, 0, 0, 0, 0}},
  {15, {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 20}},
  {17, {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}},
  {13, {0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0}},
  {13, {0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 9}},
  {13, {0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8}},
  {14, {0, 0, 5, 2, 0, 0, 0, 0, 3, 0, 0, 0, 1, 9}},
  {17, {0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}},
  {15, {0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 1, 'x'}},
  {15, {0, 0, 6, 1, 4, 0, 0, 0, 3, 0x83, 0x86, 0x84, 0x41, 1, 'x'}},
  {12, {0, 0, 3, 1, 0, 0, 0, 0, 5, 0x82, 0x86, 0x84}},
  {12, {0, 0, 3, 9, 4, 0, 0, 0, 5, 0x41, 1, 'x'}},
  {10, {0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88}},
  {10, {0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88}},
  {14, {0, 0, 5, 0, 0, 0, 0, 0, 1, 'h', 'e', 'l', 'l', 'o'}},
  {14, {0, 0, 5, 0, 9, 0, 0, 0, 3, 2, 'h', 'i', 0, 0}},
  {9, {0, 0, 0, 0, 1, 0, 0, 0, 1}},
  {19, {0, 0, 10, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82, 0x86, 0x84, 0x41, 1, 'x'}},
  {16, {0, 0, 7, 16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'u', '=', '1'}},
  {17, {0, 0, 8, 10, 0, 0, 0, 0, 0, 0, 1, 'o', 'c', 'l', 'e', 'a', 'r'}},
  {14, {0, 0, 5, 12, 0, 0, 0, 0, 0, 0, 3, 'a', ':', 'b'}},
  {12, {0, 0, 3, 0xf0, 0, 0, 0, 0, 0, 1, 2, 3}},
};

typedef struct {
  uint8_t *bytes;
  size_t length, most;
  size_t frames[MOST_FRAMES + 1]; /* where each frame begins, and where the last one ends */
  uint32_t count;
  uint32_t state; /* of the random numbers */
} wire;

static uint32_t below(wire *of, uint32_t limit) {
  of->state = of->state * 1664525 + 1013904223;
  return (of->state >> 8) % limit;
}

/* Finds the frames behind the preface. A frame that is cut short ends the list. */
static void find_frames(wire *of) {
  size_t at =
    of->length >= PREFACE && memcmp(of->bytes, NGHTTP2_CLIENT_MAGIC, PREFACE) == 0 ? PREFACE : 0;
  of->count = 0;
  of->frames[0] = at;
  while (of->count < MOST_FRAMES && of->length - at >= HEAD) {
    const uint8_t *head = of->bytes + at;
    size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    if (size > of->length - at - HEAD) {
      return;
    }
    at += HEAD + size;
    of->frames[++of->count] = at;
  }
}

/* Replaces `from` bytes at `at` by `to` bytes, which may be NULL: the caller writes them. */
static int replace(wire *of, size_t at, size_t from, const uint8_t *bytes, size_t to) {
  if (of->length - from + to > of->most) {
    return 0;
  }
  memmove(of->bytes + at + to, of->bytes + at + from, of->length - at - from);
  if (bytes) {
    memcpy(of->bytes + at, bytes, to);
  }
  of->length = of->length - from + to;
  return 1;
}

static int change_payload(wire *of, size_t at, size_t size) {
  size_t most = size - HEAD + 32;
  uint8_t *payload = malloc(most);
  if (!payload) {
    return 0;
  }
  memcpy(payload, of->bytes + at + HEAD, size - HEAD);
  size_t length = LLVMFuzzerMutate(payload, size - HEAD, most);
  int is_done = replace(of, at + HEAD, size - HEAD, payload, length);
  if (is_done) {
    for (int i = 0; i < 3; ++i) {
      of->bytes[at + i] = (uint8_t)(length >> (16 - 8 * i));
    }
  }
  free(payload);
  return is_done;
}

static int change_head(wire *of, size_t at) {
  static const uint8_t types[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 0xf0};
  uint8_t *head = of->bytes + at;
  switch (below(of, 4)) {
  case 0:
    head[3] = types[below(of, sizeof types)];
    break;
  case 1:
    head[4] ^= (uint8_t)(1U << below(of, 8));
    break;
  case 2:
    head[8] = (uint8_t)below(of, 16);
    break;
  default:
    head[5 + below(of, 4)] = (uint8_t)below(of, 256);
  }
  return 1;
}

/* Cuts the payload of a header block into this frame and a CONTINUATION. */
static int split_block(wire *of, size_t at, size_t size) {
  uint8_t type = of->bytes[at + 3];
  if ((type != 1 && type != 5 && type != 9) || size == HEAD || size > 0xffff) {
    return 0;
  }
  size_t first = below(of, (uint32_t)(size - HEAD)), second = size - HEAD - first;
  uint8_t head[HEAD] = {0, (uint8_t)(second >> 8), (uint8_t)second, 9, of->bytes[at + 4] & 4};
  memcpy(head + 5, of->bytes + at + 5, 4);
  if (!replace(of, at + HEAD + first, 0, head, HEAD)) {
    return 0;
  }
  of->bytes[at] = 0;
  of->bytes[at + 1] = (uint8_t)(first >> 8);
  of->bytes[at + 2] = (uint8_t)first;
  of->bytes[at + 4] &= (uint8_t)~4;
  return 1;
}

static int repeat(wire *of, size_t at, size_t size) {
  uint8_t *copy = malloc(size);
  if (!copy) {
    return 0;
  }
  memcpy(copy, of->bytes + at, size);
  int is_done = replace(of, of->frames[below(of, of->count + 1)], 0, copy, size);
  free(copy);
  return is_done;
}

static int mutate_frame(wire *of) {
  uint32_t template = below(of, sizeof templates / sizeof *templates);
  if (of->count == 0 || below(of, 4) == 0) {
    return replace(of, of->frames[below(of, of->count + 1)], 0, templates[template].bytes,
                   templates[template].length);
  }
  uint32_t which = below(of, of->count);
  size_t at = of->frames[which], size = of->frames[which + 1] - at;
  switch (below(of, 8)) {
  case 0:
    return replace(of, at, size, NULL, 0);
  case 1:
    return repeat(of, at, size);
  case 2:
    return split_block(of, at, size);
  case 3:
  case 4:
    return change_head(of, at);
  default:
    return change_payload(of, at, size);
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
  fuzz_input input = fuzz_input_of(data, size);
  if (seed & 1 || size < FUZZ_HEAD || most < size) {
    return LLVMFuzzerMutate(data, size, most);
  }
  size_t tail = input.control_length;
  if (seed & 2) {
    uint8_t *controls = data + size - tail;
    return size - tail + LLVMFuzzerMutate(controls, tail, most - (size - tail));
  }
  size_t room = most - FUZZ_HEAD - tail;
  uint8_t *bytes = malloc(most + 64);
  if (!bytes) {
    return size;
  }
  wire of = {.bytes = bytes, .length = input.wire_length, .state = seed};
  of.most = room < MOST_WIRE ? room : MOST_WIRE;
  memcpy(bytes, input.wire, input.wire_length);
  for (uint32_t times = 1 + below(&of, 3); times > 0; --times) {
    find_frames(&of);
    mutate_frame(&of);
  }
  memmove(data + FUZZ_HEAD + of.length, data + size - tail, tail);
  memcpy(data + FUZZ_HEAD, bytes, of.length);
  data[0] = (uint8_t)of.length;
  data[1] = (uint8_t)(of.length >> 8);
  free(bytes);
  return FUZZ_HEAD + of.length + tail;
}
