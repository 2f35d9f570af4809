/*
 * The event region, and the cache of strings from HPACK tables, which the host decodes once each.
 */
#include "bridge.h"

#include <stdlib.h>
#include <string.h>

#include "nghttp2_rcbuf.h"

enum {
  KEPT_WORDS = 256 * 1024, /* a larger region is freed at the next call */
  /*
   * 32 MiB. The records of 128 KiB of input exceed it only where long indexed fields are repeated.
   */
  MOST_WORDS = 8 * 1024 * 1024,
};

static uint32_t event_capacity;

void nw_events_clear(void) {
  nw_region.event_words = 0;
  if (event_capacity > KEPT_WORDS) {
    free(nw_region.events);
    nw_region.events = NULL;
    event_capacity = 0;
  }
}

static int reserve(uint32_t words) {
  uint32_t needed = nw_region.event_words + words;
  if (needed <= event_capacity) {
    return 1;
  }
  if (needed > MOST_WORDS) {
    return 0;
  }
  uint32_t capacity = event_capacity ? event_capacity : 4096;
  while (capacity < needed) {
    capacity *= 2;
  }
  uint32_t *moved = realloc(nw_region.events, capacity * sizeof(uint32_t));
  if (!moved) {
    return 0;
  }
  nw_region.events = moved;
  event_capacity = capacity;
  return 1;
}

uint32_t *nw_event_new(enum nw_event kind, uint32_t flags, uint32_t words) {
  if (!reserve(words + 1)) {
    return NULL;
  }
  uint32_t *record = nw_region.events + nw_region.event_words;
  record[0] = (uint32_t)kind | flags << 8;
  nw_region.event_words += words + 1;
  return record + 1;
}

uint32_t *nw_event_reserve(uint32_t words) {
  return reserve(words) ? nw_region.events + nw_region.event_words : NULL;
}

void nw_event_written(const uint32_t *end) {
  nw_region.event_words = (uint32_t)(end - nw_region.events);
}

int nw_note(enum nw_event kind, uint32_t flags, uint32_t first, uint32_t second) {
  uint32_t *at = nw_event_new(kind, flags, 2);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = first;
  at[1] = second;
  return 0;
}

static uint32_t words_of(size_t length) {
  return (uint32_t)((length + 3) >> 2);
}

uint32_t nw_bytes_words(size_t length) {
  return 1 + words_of(length);
}

uint32_t *nw_put_bytes(uint32_t *at, const void *bytes, size_t length) {
  *at++ = (uint32_t)length;
  if (length) { /* `bytes` may be NULL */
    memcpy(at, bytes, length);
  }
  return at + words_of(length);
}

/* ---- strings ------------------------------------------------------------------------------ */

/*
 * A string of an HPACK table has the same buffer each time it occurs. The cache maps the buffer's
 * address to a slot; the host keeps its JavaScript string in an array under that slot. The cache
 * holds a reference, so an address is not reused while it is in a slot. A record that gives a slot
 * to another string carries the string. Long strings have few slots of their own, because the cache
 * keeps their memory allocated. Without any, each repetition of a long indexed field, one byte on
 * the wire, would be decoded again.
 */
enum {
  SHORT_BITS = 12,
  SHORT_LENGTH = 256,
  LONG_BITS = 7,
  SLOTS = (1 << SHORT_BITS) + (1 << LONG_BITS),
};

static nghttp2_rcbuf *slots[SLOTS];
static uint32_t victim; /* alternates which slot of a pair is reused */
uint32_t nw_slots_taken;

/*
 * Counts a cached string in the account that its memory belongs to. Strings of the static table
 * have no account.
 */
static void count_cached(const nghttp2_rcbuf *buffer, uint32_t change) {
  nw_account *owner = buffer->mem_user_data;
  if (owner) {
    owner->cached_strings += change;
  }
}

static void empty_slot(uint32_t slot) {
  count_cached(slots[slot], -1U);
  nghttp2_rcbuf_decref(slots[slot]);
  slots[slot] = NULL;
}

static uint32_t pair_of(const nghttp2_rcbuf *buffer) {
  uint32_t hash = ((uint32_t)(uintptr_t)buffer >> 3) * 2654435761U;
  return buffer->len <= SHORT_LENGTH ? hash >> (32 - SHORT_BITS) & ~1U
                                     : (1 << SHORT_BITS) + (hash >> (32 - LONG_BITS) & ~1U);
}

static int is_cached(uint32_t slot, const nghttp2_rcbuf *buffer) {
  return slots[slot] == buffer;
}

static int is_cacheable(const nghttp2_rcbuf *buffer) {
  return buffer->ref != 1;
}

/* Takes a slot for a string that is not in the cache. The string that the slot held is dropped. */
static uint32_t take_slot(nghttp2_rcbuf *buffer) {
  uint32_t slot = pair_of(buffer);
  if (slots[slot]) {
    slot += slots[slot + 1] ? victim ^= 1 : 1;
    if (slots[slot]) {
      empty_slot(slot);
    }
  }
  nghttp2_rcbuf_incref(buffer);
  count_cached(buffer, 1);
  slots[slot] = buffer;
  nw_slots_taken += 1;
  return slot;
}

/* Writes a "string" from the cache, or adds it; returns the word after it. */
static uint32_t *put_string(uint32_t *at, nghttp2_rcbuf *buffer) {
  uint32_t slot = pair_of(buffer);
  if (is_cached(slot, buffer) || is_cached(++slot, buffer)) {
    *at = slot;
    return at + 1;
  }
  *at++ = NW_NEW_STRING | (is_cacheable(buffer) ? take_slot(buffer) : NW_NO_SLOT);
  return nw_put_bytes(at, buffer->base, buffer->len);
}

int nw_event_field(nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint32_t flags) {
  uint32_t most = 3 + nw_bytes_words(name->len) + nw_bytes_words(value->len);
  if (!reserve(most)) {
    return NGHTTP2_ERR_NOMEM;
  }
  uint32_t *record = nw_region.events + nw_region.event_words;
  uint32_t *end = put_string(put_string(record + 1, name), value);
  record[0] = NW_EVENT_FIELD | flags << 8;
  nw_region.event_words += (uint32_t)(end - record);
  return 0;
}

void nw_strings_forget(const nw_account *owner) {
  for (uint32_t slot = 0; owner->cached_strings && slot < SLOTS; ++slot) {
    if (slots[slot] && slots[slot]->mem_user_data == owner) {
      empty_slot(slot);
    }
  }
}

/*
 * Empties the caches of strings. For a host that has not read all records, so that its array lacks
 * their strings.
 */
NW_EXPORT(nw_strings_clear) void nw_strings_clear(void) {
  nw_texts_clear();
  for (uint32_t slot = 0; slot < SLOTS; ++slot) {
    if (slots[slot]) {
      empty_slot(slot);
    }
  }
}
