/* The ground both sides stand on: regions, memory accounts, the clock, version and error texts. */
#include "bridge.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

h2_io h2_region;
uint32_t h2_now;

static uint32_t memory_limit = UINT32_MAX;

/* Allocates the regions, once per instance. Returns the address of the h2_io; 0 without memory. */
H2_EXPORT(h2_init) h2_io *h2_init(void) {
  h2_region.input_capacity = H2_INPUT_CAPACITY;
  h2_region.input = malloc(H2_INPUT_CAPACITY);
  h2_region.output = malloc(H2_OUTPUT_CAPACITY);
  h2_region.splices = malloc(H2_SPLICE_CAPACITY * 3 * sizeof(uint32_t));
  h2_region.scratch_capacity = H2_SCRATCH_CAPACITY;
  h2_region.scratch = malloc(H2_SCRATCH_CAPACITY);
  h2_region.strings_capacity = H2_STRINGS_CAPACITY;
  h2_region.strings = malloc(H2_STRINGS_CAPACITY);
  if (!h2_region.strings || !h2_region.input || !h2_region.output || !h2_region.splices ||
      !h2_region.scratch) {
    return NULL;
  }
  return &h2_region;
}

/* Makes the scratch region at least `size` bytes. Its contents are lost. 0, or NGHTTP2_ERR_NOMEM.
 */
H2_EXPORT(h2_scratch_reserve) int h2_scratch_reserve(uint32_t size) {
  if (size <= h2_region.scratch_capacity) {
    return 0;
  }
  uint8_t *larger = malloc(size);
  if (!larger) {
    return NGHTTP2_ERR_NOMEM;
  }
  free(h2_region.scratch);
  h2_region.scratch = larger;
  h2_region.scratch_capacity = size;
  return 0;
}

/* Caps what all sessions and tables together may hold, in bytes. */
H2_EXPORT(h2_memory_limit) void h2_memory_limit(uint32_t bytes) {
  memory_limit = bytes;
}

/* nghttp2's version, as text. Borrowed for ever. */
H2_EXPORT(h2_version) const char *h2_version(void) {
  return nghttp2_version(0)->version_str;
}

/* What an NGHTTP2_ERR_* means, as text. Borrowed for ever. */
H2_EXPORT(h2_strerror) const char *h2_strerror(int code) {
  return nghttp2_strerror(code);
}

/* ---- the clock: nghttp2_time.c is replaced, so that time is an argument -------------------- */

uint64_t nghttp2_time_now_sec(void) {
  return h2_now / 1000;
}

/* ---- memory accounts ---------------------------------------------------------------------- */

/* False when `account` may not have `size` more bytes in place of `released`. */
static int affordable(const h2_account *account, size_t size, size_t released) {
  uint64_t own = (uint64_t)account->used - released + size;
  uint64_t all = (uint64_t)h2_region.memory_used - released + size;
  return own <= account->limit && all <= memory_limit;
}

static void charge(h2_account *account, size_t size) {
  account->used += size;
  h2_region.memory_used += size;
}

static void credit(h2_account *account, size_t size) {
  account->used -= size;
  h2_region.memory_used -= size;
}

void *h2_alloc(h2_account *account, size_t size) {
  if (!affordable(account, size, 0)) {
    return NULL;
  }
  void *pointer = malloc(size);
  if (pointer) {
    charge(account, malloc_usable_size(pointer));
  }
  return pointer;
}

void h2_free(h2_account *account, void *pointer) {
  if (pointer) {
    credit(account, malloc_usable_size(pointer));
    free(pointer);
  }
}

static void *account_malloc(size_t size, void *account) {
  return h2_alloc(account, size);
}

static void account_free(void *pointer, void *account) {
  h2_free(account, pointer);
}

static void *account_calloc(size_t count, size_t size, void *account) {
  uint64_t bytes = (uint64_t)count * size;
  if (bytes > UINT32_MAX) {
    return NULL;
  }
  void *pointer = h2_alloc(account, (size_t)bytes);
  if (pointer) {
    memset(pointer, 0, (size_t)bytes);
  }
  return pointer;
}

static void *account_realloc(void *pointer, size_t size, void *account) {
  size_t before = pointer ? malloc_usable_size(pointer) : 0;
  if (!affordable(account, size, before)) {
    return NULL;
  }
  void *moved = realloc(pointer, size);
  if (moved) {
    credit(account, before);
    charge(account, malloc_usable_size(moved));
  }
  return moved;
}

nghttp2_mem h2_mem(h2_account *account) {
  return (nghttp2_mem){account, account_malloc, account_free, account_calloc, account_realloc};
}
