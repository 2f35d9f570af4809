/*
 * Allocations that fail on demand, in debug builds only. The linker redirects all calls of malloc,
 * calloc, realloc and free to this file, those of nghttp2 included (wasm/build.sh).
 */
#ifndef NDEBUG

#include "bridge.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void __real_free(void *pointer);

/*
 * `asked` counts the allocations since the last nw_debug_fail_allocations; `first_failing` and
 * `failing` say which of them fail.
 */
static uint32_t asked, first_failing, failing;

/* Blocks that were allocated and not freed. */
static uint32_t live;

/*
 * Makes the `first`-th allocation from now on fail (1: the next one), and the `count` - 1
 * allocations after it. `count` UINT32_MAX: all after it. `first` 0: none fails. Resets the counter
 * of allocations.
 */
NW_EXPORT(nw_debug_fail_allocations)
void nw_debug_fail_allocations(uint32_t first, uint32_t count) {
  asked = 0;
  first_failing = first;
  failing = count;
}

/* The number of allocations since the last nw_debug_fail_allocations. */
NW_EXPORT(nw_debug_allocations) uint32_t nw_debug_allocations(void) {
  return asked;
}

/* The number of blocks that are allocated, charged to an account or not. */
NW_EXPORT(nw_debug_live) uint32_t nw_debug_live(void) {
  return live;
}

static int fails(void) {
  asked += 1;
  return first_failing && asked >= first_failing && asked - first_failing < failing;
}

static void *counted(void *pointer) {
  live += pointer != NULL;
  return pointer;
}

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *pointer, size_t size) {
  if (fails()) {
    return NULL;
  }
  return pointer ? __real_realloc(pointer, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *pointer) {
  live -= pointer != NULL;
  __real_free(pointer);
}

#endif
