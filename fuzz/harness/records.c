/* The host's reader of records: src/engine/records.ts, with a check of each word. */
#include <string.h>

#include "strings.h"

void teller_free(teller *of) {
  buffer_free(&of->log);
  buffer_free(&of->fields);
  buffer_free(&of->kept);
  for (int i = 0; i < TOLD_BODIES; ++i) {
    buffer_free(&of->bodies[i].bytes);
  }
}

told_body *teller_body(teller *of, uint32_t stream) {
  for (int i = 0; i < TOLD_BODIES; ++i) {
    told_body *body = &of->bodies[i];
    if (body->stream == 0 || body->stream == stream) {
      body->stream = stream;
      return body;
    }
  }
  return NULL;
}

static void put_text(buffer *to, string_view text) {
  buffer_word(to, text.length);
  buffer_add(to, text.bytes, text.length);
}

static void clear(buffer *of) {
  of->length = 0;
}

/* ---- fields
 * --------------------------------------------------------------------------------------- */

static const uint32_t *read_field(teller *to, const uint32_t *at, const uint32_t *end,
                                  uint32_t flags) {
  expect(flags <= (NW_FIELD_FIRST | NW_FIELD_NEVER_INDEX), "flags %u of a field", flags);
  if (flags & NW_FIELD_FIRST) {
    clear(&to->fields);
    to->is_in_block = 1;
  }
  expect(to->is_in_block || !to->has_marks, "a field outside of a block");
  buffer_word(&to->fields, flags & NW_FIELD_NEVER_INDEX);
  put_text(&to->fields, strings_read(&at, end));
  put_text(&to->fields, strings_read(&at, end));
  return at;
}

/* A block is complete: adds its fields to the log. */
static void end_block(teller *to, uint32_t flags) {
  if (flags & NW_BLOCK_EMPTY) {
    clear(&to->fields);
  } else if (flags & NW_BLOCK_REPEATED) {
    expect(to->is_kept, "a block repeats fields that the host does not keep");
    clear(&to->fields);
    buffer_add(&to->fields, to->kept.bytes, to->kept.length);
  } else {
    expect(to->is_in_block, "a block has neither fields nor the flag for that");
    if (flags & NW_BLOCK_KEPT) {
      clear(&to->kept);
      buffer_add(&to->kept, to->fields.bytes, to->fields.length);
      to->is_kept = 1;
    }
  }
  buffer_word(&to->log, flags & ~(uint32_t)(NW_BLOCK_KEPT | NW_BLOCK_REPEATED));
  buffer_word(&to->log, (uint32_t)to->fields.length);
  buffer_add(&to->log, to->fields.bytes, to->fields.length);
  clear(&to->fields);
  to->is_in_block = 0;
}

/* ---- bodies
 * ----------------------------------------------------------------------------------------- */

/* Adds a piece to the log, to the piece before it where that one is of the same body. */
static void add_data(teller *to, uint32_t stream, const uint8_t *bytes, uint32_t length) {
  if (to->has_bodies) {
    told_body *body = teller_body(to, stream);
    if (body) {
      buffer_add(&body->bytes, bytes, length);
    }
    return;
  }
  if (to->data_at && to->data_stream == stream) {
    uint32_t before;
    memcpy(&before, to->log.bytes + to->data_at, sizeof before);
    before += length;
    memcpy(to->log.bytes + to->data_at, &before, sizeof before);
  } else {
    buffer_word(&to->log, NW_EVENT_DATA);
    buffer_word(&to->log, stream);
    to->data_at = to->log.length;
    to->data_stream = stream;
    buffer_word(&to->log, length);
  }
  buffer_add(&to->log, bytes, length);
}

/* ---- records
 * ---------------------------------------------------------------------------------------- */

/* How many words of each kind come before its bytes. */
static uint32_t words_of(uint32_t kind) {
  switch (kind) {
  case NW_EVENT_SETTINGS:
  case NW_EVENT_PRIORITY_UPDATE:
  case NW_EVENT_ALTSVC:
  case NW_EVENT_ORIGIN:
  case NW_EVENT_DIAGNOSTIC:
    return 1;
  case NW_EVENT_FRAME_NOT_SENT:
    return 4;
  case NW_EVENT_DATA:
  case NW_EVENT_EXTENSION:
  case NW_EVENT_FRAME_INVALID:
    return 3;
  default:
    return 2;
  }
}

/* How many "bytes" follow the words. */
static uint32_t texts_of(uint32_t kind, const uint32_t *words) {
  switch (kind) {
  case NW_EVENT_ORIGIN:
    return words[0];
  case NW_EVENT_ALTSVC:
    return 2;
  case NW_EVENT_GOAWAY:
  case NW_EVENT_PRIORITY_UPDATE:
  case NW_EVENT_EXTENSION:
  case NW_EVENT_DIAGNOSTIC:
    return 1;
  default:
    return 0;
  }
}

static uint32_t flags_of(uint32_t kind) {
  switch (kind) {
  case NW_EVENT_HEADERS:
  case NW_EVENT_PUSH_PROMISE:
    return 255;
  case NW_EVENT_SETTINGS:
  case NW_EVENT_PING:
    return NW_FRAME_ACK;
  default:
    return 0;
  }
}

/* Whether the first word is a stream, which is never 0. */
static int has_stream(uint32_t kind) {
  return kind == NW_EVENT_HEADERS || kind == NW_EVENT_DATA || kind == NW_EVENT_STREAM_ENDED ||
         kind == NW_EVENT_RST_STREAM || kind == NW_EVENT_STREAM_CLOSED ||
         kind == NW_EVENT_PUSH_PROMISE || kind == NW_EVENT_PIECE_SENT ||
         kind == NW_EVENT_ANSWERED || kind == NW_EVENT_REFUSED;
}

static void check_words(uint32_t kind, const uint32_t *words, size_t length) {
  expect(!has_stream(kind) || (words[0] > 0 && words[0] <= INT32_MAX), "record %u of stream %u",
         kind, words[0]);
  if (kind == NW_EVENT_HEADERS) {
    expect(words[1] <= NW_CATEGORY_HEADERS, "category %u", words[1]);
  } else if (kind == NW_EVENT_DATA) {
    expect(words[1] <= length && words[2] <= length - words[1],
           "data at %u of %u bytes in a chunk of %zu", words[1], words[2], length);
  }
}

/* Reads a record that is not a FIELD, from the word after its head. */
static const uint32_t *read_record(teller *to, uint32_t kind, uint32_t flags, const uint32_t *at,
                                   const uint32_t *end, const uint8_t *chunk, size_t length) {
  uint32_t count = words_of(kind);
  const uint32_t *words = at;
  expect(count <= (size_t)(end - at), "record %u is beyond the region", kind);
  expect((flags & ~flags_of(kind)) == 0, "flags %u of record %u", flags, kind);
  check_words(kind, words, length);
  if (kind == NW_EVENT_DATA) {
    add_data(to, words[0], chunk + words[1], words[2]);
    return at + count;
  }
  to->data_at = 0;
  if (kind == NW_EVENT_SETTINGS) {
    expect(words[0] <= (size_t)(end - at) / 2, "%u settings are beyond the region", words[0]);
    count += 2 * words[0];
  }
  buffer_word(&to->log, kind);
  buffer_add(&to->log, words, count * sizeof *words);
  at += count;
  if (kind == NW_EVENT_HEADERS || kind == NW_EVENT_PUSH_PROMISE) {
    end_block(to, flags);
  } else {
    buffer_word(&to->log, flags);
  }
  for (uint32_t texts = texts_of(kind, words); texts > 0; --texts) {
    put_text(&to->log, strings_read_bytes(&at, end));
  }
  return at;
}

void teller_read(teller *to, const uint8_t *chunk, size_t length) {
  if (nw_region.event_words == 0) {
    return;
  }
  const uint32_t *at = nw_region.events, *end = at + nw_region.event_words;
  while (at < end) {
    uint32_t kind = *at & 255, flags = *at >> 8;
    ++at;
    expect(kind >= NW_EVENT_FIELD && kind <= NW_EVENT_REFUSED && flags < 256, "a record of kind %u",
           kind);
    if (kind == NW_EVENT_FIELD) {
      at = read_field(to, at, end, flags);
      continue;
    }
    const uint32_t *words = at;
    at = read_record(to, (uint32_t)kind, flags, at, end, chunk, length);
    if (to->on_record) {
      to->on_record(to->context, (enum nw_event)kind, words);
    }
  }
}
