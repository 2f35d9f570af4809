/*
 * Allocations that fail on demand, in debug builds only: the linker leads malloc, calloc and
 * realloc of all callers, nghttp2's too, through here (wasm/build.sh).
 */
#ifndef NDEBUG

#include "bridge.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);

/* Allocations asked for since the last h2_debug_fail_allocations, and which of these fail. */
static uint32_t asked, first_failing, failing;

/*
 * Makes the `first`-th allocation from now on fail (1: the next one), and `count` - 1 behind it;
 * `count` UINT32_MAX: all behind it. `first` 0: none fails. Counting begins anew.
 */
H2_EXPORT(h2_debug_fail_allocations)
void h2_debug_fail_allocations(uint32_t first, uint32_t count) {
  asked = 0;
  first_failing = first;
  failing = count;
}

/* How many allocations were asked for since h2_debug_fail_allocations. */
H2_EXPORT(h2_debug_allocations) uint32_t h2_debug_allocations(void) {
  return asked;
}

static int fails(void) {
  asked += 1;
  return first_failing && asked >= first_failing && asked - first_failing < failing;
}

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size) {
  return fails() ? NULL : __real_realloc(pointer, size);
}

#endif
