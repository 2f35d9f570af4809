/*
 * A table of the texts of HTTP/1.1 by their bytes. A client sends mostly the same names and values
 * with each request; a short text that is in the table crosses as its slot in the host's array of
 * strings. The slots follow those of events.c. The table is direct-mapped: a text replaces the text
 * that has the same hash.
 */
#include "bridge.h"

#include <string.h>

enum {
  TEXT_BITS = 9,
  TEXT_LENGTH = 124,
};

typedef struct {
  uint32_t length; /* 0: the entry is free */
  uint8_t bytes[TEXT_LENGTH];
} text;

static text texts[1 << TEXT_BITS];

static uint32_t hash_of(const uint8_t *bytes, uint32_t length) {
  uint32_t hash = length, word = 0;
  for (; length >= 4; length -= 4, bytes += 4) {
    memcpy(&word, bytes, 4);
    hash = (hash ^ word) * 0x9e3779b1U;
    hash ^= hash >> 15;
  }
  for (; length; --length) {
    hash = (hash ^ *bytes++) * 0x85ebca6bU;
  }
  return (hash ^ hash >> 16) * 0x9e3779b1U >> (32 - TEXT_BITS);
}

uint32_t nw_text_words(uint32_t length) {
  return 1 + nw_bytes_words(length);
}

uint32_t *nw_put_text(uint32_t *at, const uint8_t *bytes, uint32_t length, int is_kept) {
  if (!is_kept || length == 0 || length > TEXT_LENGTH) {
    *at = NW_NEW_STRING | NW_NO_SLOT;
    return nw_put_bytes(at + 1, bytes, length);
  }
  uint32_t index = hash_of(bytes, length);
  text *entry = &texts[index];
  if (entry->length == length && memcmp(entry->bytes, bytes, length) == 0) {
    *at = NW_TEXT_SLOTS + index;
    return at + 1;
  }
  entry->length = length;
  memcpy(entry->bytes, bytes, length);
  *at = NW_NEW_STRING | (NW_TEXT_SLOTS + index);
  return nw_put_bytes(at + 1, bytes, length);
}

void nw_texts_clear(void) {
  for (uint32_t i = 0; i < 1 << TEXT_BITS; ++i) {
    texts[i].length = 0;
  }
}
