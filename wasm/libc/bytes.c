/*
 * memcpy, memset and memcmp, which nghttp2 calls for each field and each frame, mostly for a dozen
 * bytes. Emscripten's memcmp compares byte by byte. memory.copy and memory.fill cost a WebAssembly
 * engine more than a short loop, so only long ranges use them. wasm/build.sh compiles this file
 * with special flags: only this file may use those instructions, and the compiler must not replace
 * its loops with calls of the functions that contain them.
 */
#include <stddef.h>
#include <stdint.h>

/* Ranges of at least this many bytes use the instruction. */
enum { LONG = 128 };

/* Words at any address, aligned or not. */
typedef uint16_t __attribute__((aligned(1), may_alias)) half;
typedef uint32_t __attribute__((aligned(1), may_alias)) word;
typedef uint64_t __attribute__((aligned(1), may_alias)) twin;

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if (length >= LONG) {
    __builtin_memcpy(to, from, length);
  } else if (length >= sizeof(twin)) {
    /* The rest is shorter than a step, so the last step overlaps the one before it. */
    uint8_t *last = out + length - sizeof(twin);
    twin end = *(const twin *)(in + length - sizeof(twin));
    for (; out < last; out += sizeof(twin), in += sizeof(twin)) {
      *(twin *)out = *(const twin *)in;
    }
    *(twin *)last = end;
  } else if (length >= sizeof(word)) {
    word start = *(const word *)in, end = *(const word *)(in + length - sizeof(word));
    *(word *)out = start;
    *(word *)(out + length - sizeof(word)) = end;
  } else if (length >= sizeof(half)) {
    half start = *(const half *)in, end = *(const half *)(in + length - sizeof(half));
    *(half *)out = start;
    *(half *)(out + length - sizeof(half)) = end;
  } else if (length) {
    *out = *in;
  }
  return to;
}

void *memset(void *to, int value, size_t length) {
  uint8_t *out = to;
  if (length >= LONG) {
    __builtin_memset(to, value, length);
    return to;
  }
  twin filled = (uint8_t)value * 0x0101010101010101U;
  for (; length >= sizeof(twin); length -= sizeof(twin), out += sizeof(twin)) {
    *(twin *)out = filled;
  }
  for (; length; --length) {
    *out++ = (uint8_t)value;
  }
  return to;
}

int memcmp(const void *left, const void *right, size_t length) {
  const uint8_t *a = left, *b = right;
  while (length >= sizeof(twin) && *(const twin *)a == *(const twin *)b) {
    length -= sizeof(twin), a += sizeof(twin), b += sizeof(twin);
  }
  for (; length; --length, ++a, ++b) {
    if (*a != *b) {
      return *a - *b;
    }
  }
  return 0;
}
