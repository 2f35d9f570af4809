/* The C library's ways out of the module, closed, so that it imports nothing.
 */
#include <stddef.h>
#include <stdlib.h>

/* abort() and a corrupted heap end here: a trap, which the host sees as a
 * RuntimeError. */
_Noreturn void _Exit(int status) {
  (void)status;
  __builtin_trap();
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
__attribute__((export_name("h2_failed_assertion"))) const void *h2_failed_assertion(void) {
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
