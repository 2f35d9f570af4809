/* The C library's ways out of the module, closed, so that it imports nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* abort() and a corrupted heap end here: a trap, which the host sees as a
 * RuntimeError. */
_Noreturn void _Exit(int status) {
  (void)status;
  __builtin_trap();
}

enum { PAGE = 64 * 1024 };

/*
 * For emscripten_resize_heap, by the linker (wasm/build.sh): malloc asks for a page or a few at a
 * time, and on Node each memory.grow costs a full collection of garbage. Memory grows by half of
 * what it is, therefore; pages that are not touched stay virtual. Where so much is not to be had,
 * it grows by less, at the least by what is needed. 0 when that fails too.
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

/* The host looks whether memory.buffer is still the one it knows. */
void emscripten_notify_memory_growth(size_t memory) {
  (void)memory;
}

#ifndef NDEBUG

static struct {
  const char *expression, *file, *function;
  int line;
} failed_assertion;

/* The assertion that trapped: three C strings (expression, file, function) and
   a line, or NULL. Borrowed; to be read after the trap. In debug builds only.
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
