/* The strings that the host keeps by slot. */
#ifndef NGHTTP2_WASM_FUZZ_STRINGS_H
#define NGHTTP2_WASM_FUZZ_STRINGS_H

#include "host.h"

typedef struct {
  const uint8_t *bytes;
  uint32_t length;
} string_view;

/*
 * Reads the "string" at `*at` and moves `*at` behind it. `end`: the end of the records. Keeps it
 * where the record names a slot.
 */
string_view strings_read(const uint32_t **at, const uint32_t *end);
/* Reads "bytes". */
string_view strings_read_bytes(const uint32_t **at, const uint32_t *end);
/* Forgets all strings. */
void strings_drop(void);

#endif
