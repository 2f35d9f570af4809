/* Stand-ins for functions of the C library that would otherwise be imports of the module. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * abort() and a corrupted heap reach this function. It traps, which is a RuntimeError in the host.
 */
_Noreturn void _Exit(int status) {
  (void)status;
  __builtin_trap();
}

enum { PAGE = 64 * 1024 };

/*
 * Replaces emscripten_resize_heap (wasm/build.sh). malloc asks for a few pages at a time, and on
 * Node each memory.grow costs a full garbage collection, so memory grows by half of its size;
 * untouched pages stay virtual. Where that fails, memory grows by less, down to the needed size.
 * Returns 0 where that fails too.
 */
int __wrap_emscripten_resize_heap(size_t size) {
  size_t pages = __builtin_wasm_memory_size(0);
  size_t needed = (size - 1) / PAGE + 1 - pages;
  for (size_t step = pages / 2; step > needed; step /= 2) {
    if (__builtin_wasm_memory_grow(0, step) != SIZE_MAX) {
      return 1;
    }
  }
  return __builtin_wasm_memory_grow(0, needed) != SIZE_MAX;
}

/* Nothing to do: the host detects growth after each call. */
void emscripten_notify_memory_growth(size_t memory) {
  (void)memory;
}

#ifndef NDEBUG

static struct {
  const char *expression, *file, *function;
  int line;
} failed_assertion;

/*
 * The assertion that trapped: three C strings (expression, file, function) and a line, or NULL.
 * Borrowed until the instance ends. In debug builds only.
 */
__attribute__((export_name("nw_failed_assertion"))) const void *nw_failed_assertion(void) {
  return failed_assertion.expression ? &failed_assertion : NULL;
}

_Noreturn void __assert_fail(const char *expression, const char *file, int line,
                             const char *function) {
  failed_assertion.expression = expression;
  failed_assertion.file = file;
  failed_assertion.function = function;
  failed_assertion.line = line;
  __builtin_trap();
}

#endif
