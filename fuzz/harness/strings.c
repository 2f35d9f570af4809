/*
 * The host's strings, and a check of each string as it is recorded: the linker sends the calls of
 * nw_event_field and nw_put_text to this file (--wrap), which compares what a record stands for
 * with what was to be recorded. A slot that outlived its string would show here.
 */
#include "strings.h"

#include <stdlib.h>
#include <string.h>

#include "nghttp2_rcbuf.h"

typedef struct {
  uint8_t *bytes; /* NULL: the slot is empty */
  uint32_t length;
} text;

/* The strings of the records that the host has read. */
static text kept[HOST_STRINGS];
/* The strings of the records that the bridge has written. */
static text given[HOST_STRINGS];
/* The slots that are not empty, and others. */
static uint32_t taken[4 * HOST_STRINGS], taken_count;

static void set(text *slots, uint32_t slot, const uint8_t *bytes, uint32_t length) {
  expect(slot < HOST_STRINGS, "slot %u is beyond the host's array", slot);
  if (!slots[slot].bytes) {
    expect(taken_count < sizeof taken / sizeof *taken, "more slots than there are");
    taken[taken_count++] = slot;
  }
  free(slots[slot].bytes);
  slots[slot].bytes = malloc(length + 1);
  expect(slots[slot].bytes != NULL, "the fuzzer has no memory");
  memcpy(slots[slot].bytes, bytes, length);
  slots[slot].length = length;
}

void strings_drop(void) {
  while (taken_count) {
    uint32_t slot = taken[--taken_count];
    free(kept[slot].bytes);
    free(given[slot].bytes);
    kept[slot].bytes = given[slot].bytes = NULL;
  }
}

string_view strings_read_bytes(const uint32_t **at, const uint32_t *end) {
  expect(*at < end, "the length of bytes is beyond the region");
  uint32_t length = *(*at)++;
  size_t words = ((size_t)length + 3) / 4;
  expect(words <= (size_t)(end - *at), "%u bytes are beyond the region", length);
  string_view bytes = {(const uint8_t *)*at, length};
  *at += words;
  return bytes;
}

string_view strings_read(const uint32_t **at, const uint32_t *end) {
  expect(*at < end, "a string is beyond the region");
  uint32_t reference = *(*at)++;
  if (!(reference & NW_NEW_STRING)) {
    expect(reference < HOST_STRINGS && kept[reference].bytes, "the host has no string in slot %u",
           reference);
    return (string_view){kept[reference].bytes, kept[reference].length};
  }
  string_view found = strings_read_bytes(at, end);
  uint32_t slot = reference & ~NW_NEW_STRING;
  if (slot != NW_NO_SLOT) {
    set(kept, slot, found.bytes, found.length);
  }
  return found;
}

/* ---- checks of what is recorded -----------------------------------------------------------------
 */

int __real_nw_event_field(nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint32_t flags);
uint32_t *__real_nw_put_text(uint32_t *at, const uint8_t *bytes, uint32_t length, int is_kept);
static void check_string(const uint32_t **at, const uint32_t *end, const uint8_t *bytes,
                         uint32_t length) {
  expect(*at < end, "a string is beyond its record");
  uint32_t reference = *(*at)++;
  uint32_t slot = reference & ~NW_NEW_STRING;
  if (reference & NW_NEW_STRING) {
    string_view found = strings_read_bytes(at, end);
    expect(found.length == length && memcmp(found.bytes, bytes, length) == 0,
           "a record has another string than the one recorded");
    if (slot != NW_NO_SLOT) {
      set(given, slot, bytes, length);
    }
    return;
  }
  expect(slot < HOST_STRINGS && given[slot].bytes, "slot %u was not given", slot);
  expect(given[slot].length == length && memcmp(given[slot].bytes, bytes, length) == 0,
         "slot %u has another string than the one recorded", slot);
}

int __wrap_nw_event_field(nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint32_t flags) {
  uint32_t before = nw_region.event_words;
  int result = __real_nw_event_field(name, value, flags);
  if (result != 0) {
    expect(nw_region.event_words == before, "a field that failed was recorded");
    return result;
  }
  const uint32_t *at = nw_region.events + before;
  const uint32_t *end = nw_region.events + nw_region.event_words;
  expect(*at++ == (NW_EVENT_FIELD | flags << 8), "a field has another head");
  check_string(&at, end, name->base, (uint32_t)name->len);
  check_string(&at, end, value->base, (uint32_t)value->len);
  expect(at == end, "a field is longer than its strings");
  return 0;
}

uint32_t *__wrap_nw_put_text(uint32_t *at, const uint8_t *bytes, uint32_t length, int is_kept) {
  uint32_t *end = __real_nw_put_text(at, bytes, length, is_kept);
  expect((size_t)(end - at) <= nw_text_words(length), "a text takes more words than nw_text_words");
  const uint32_t *from = at;
  check_string(&from, end, bytes, length);
  expect(from == end, "a text is longer than its string");
  return end;
}
