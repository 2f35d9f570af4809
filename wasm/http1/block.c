/* The block that is being parsed: where its bytes and its fields lie, in one chunk or in several.
 */
#include "http1.h"

#include <stdlib.h>
#include <string.h>

enum {
  /* Bytes of a block that the limits do not count: white space, line ends, the version. */
  BLOCK_SLACK = 2048,
  FIRST_FIELDS = 16,
};

/* The fields of a block that lies in one chunk. */
static h1_field *shared_fields;
static uint32_t shared_capacity;

uint32_t h1_position(const h1_session *session, const char *at) {
  return session->gathered_length + (uint32_t)(at - session->block);
}

void h1_block_begin(h1_session *session, const char *at) {
  nw_free(&session->account, session->gathered);
  nw_free(&session->account, session->owned);
  session->gathered = NULL;
  session->owned = NULL;
  session->gathered_length = session->gathered_capacity = 0;
  session->owned_capacity = 0;
  session->fields = shared_fields;
  session->block = at;
  session->field_count = session->field_bytes = 0;
  session->method = session->target = session->version = (h1_span){0, 0};
  session->name = session->value = (h1_span){0, 0};
}

/* Copies `length` bytes of the chunk after the bytes of earlier chunks. False without memory. */
static int gather(h1_session *session, uint32_t length) {
  uint32_t needed = session->gathered_length + length;
  if (needed > session->gathered_capacity) {
    uint32_t capacity = session->gathered_capacity ? session->gathered_capacity * 2 : 256;
    while (capacity < needed) {
      capacity *= 2;
    }
    uint8_t *larger = nw_alloc(&session->account, capacity);
    if (!larger) {
      return 0;
    }
    if (session->gathered) {
      memcpy(larger, session->gathered, session->gathered_length);
    }
    nw_free(&session->account, session->gathered);
    session->gathered = larger;
    session->gathered_capacity = capacity;
  }
  memcpy(session->gathered + session->gathered_length, session->block, length);
  session->gathered_length += length;
  session->block += length;
  return 1;
}

static uint32_t end_of_block(const h1_session *session) {
  uint32_t end = session->version.start + session->version.length;
  if (session->field_count) {
    const h1_field *last = &session->fields[session->field_count - 1];
    uint32_t name = last->name + last->name_length, value = last->value + last->value_length;
    end = value > name ? value : name;
  }
  return end;
}

uint8_t *h1_block(h1_session *session) {
  if (!session->gathered) {
    return (uint8_t *)session->block;
  }
  uint32_t end = end_of_block(session);
  if (end > session->gathered_length && !gather(session, end - session->gathered_length)) {
    return NULL;
  }
  return session->gathered;
}

int h1_block_keep(h1_session *session, const char *end) {
  uint32_t length = (uint32_t)(end - session->block);
  uint64_t most = (uint64_t)session->max_target + session->max_bytes + BLOCK_SLACK;
  if ((uint64_t)session->gathered_length + length > most) {
    return session->state == H1_TRAILERS ? H1_REASON_TRAILERS : H1_REASON_FIELDS;
  }
  if (length && !gather(session, length)) {
    return NGHTTP2_ERR_NOMEM;
  }
  if (!session->owned && session->field_count) {
    uint32_t capacity = session->field_count + FIRST_FIELDS;
    session->owned = nw_alloc(&session->account, capacity * sizeof(h1_field));
    if (!session->owned) {
      return NGHTTP2_ERR_NOMEM;
    }
    memcpy(session->owned, shared_fields, session->field_count * sizeof(h1_field));
    session->owned_capacity = capacity;
    session->fields = session->owned;
  }
  return 0;
}

int h1_field_add(h1_session *session, h1_field field) {
  uint32_t count = session->field_count;
  if (session->owned && count == session->owned_capacity) {
    uint32_t capacity = session->owned_capacity * 2;
    h1_field *larger = nw_alloc(&session->account, capacity * sizeof(h1_field));
    if (!larger) {
      return 0;
    }
    memcpy(larger, session->owned, count * sizeof(h1_field));
    nw_free(&session->account, session->owned);
    session->owned = session->fields = larger;
    session->owned_capacity = capacity;
  }
  session->fields[count] = field;
  session->field_count = count + 1;
  return 1;
}

int h1_fields_reserve(uint32_t max_fields) {
  uint32_t capacity = max_fields < H1_MOST_FIELDS ? max_fields : H1_MOST_FIELDS;
  if (capacity > shared_capacity) {
    h1_field *larger = realloc(shared_fields, capacity * sizeof(h1_field));
    if (!larger) {
      return 0;
    }
    shared_fields = larger;
    shared_capacity = capacity;
  }
  return 1;
}

void h1_block_continue(h1_session *session, const char *chunk) {
  session->block = chunk;
  if (!session->owned) {
    session->fields = shared_fields;
  }
}
