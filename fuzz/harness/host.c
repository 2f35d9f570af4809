/* Regions, strings and the input of a fuzzer. */
#include "host.h"

#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strings.h"

_Noreturn void host_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  abort();
}

/* ---- the input of a fuzzer ----------------------------------------------------------------- */

fuzz_input fuzz_input_of(const uint8_t *data, size_t size) {
  fuzz_input input = {data, 0, data, 0};
  if (size < FUZZ_HEAD) {
    return input;
  }
  size_t said = (size_t)data[0] | (size_t)data[1] << 8, rest = size - FUZZ_HEAD;
  input.wire = data + FUZZ_HEAD;
  input.wire_length = said < rest ? said : rest;
  input.controls = input.wire + input.wire_length;
  input.control_length = rest - input.wire_length;
  return input;
}

uint8_t fuzz_control(fuzz_input *input) {
  return input->control_length ? input->controls[--input->control_length] : 0;
}

uint32_t fuzz_below(fuzz_input *input, uint32_t limit) {
  uint32_t number = fuzz_control(input);
  if (limit > 256) {
    number = number << 8 | fuzz_control(input);
  }
  return number % limit;
}

size_t fuzz_chunk(fuzz_input *input) {
  static const uint16_t sizes[] = {1, 2, 3, 8, 9, 10, 17, 24, 64, 100, 255, 1000};
  uint32_t choice = fuzz_control(input) % 16;
  size_t most = input->wire_length, size = most;
  if (choice < sizeof sizes / sizeof *sizes) {
    size = sizes[choice];
  } else if (choice < 15) {
    size = fuzz_below(input, 300);
  }
  size = size ? size : 1;
  return size < most ? size : most;
}

/* ---- bytes that grow ------------------------------------------------------------------------- */

void buffer_add(buffer *to, const void *bytes, size_t length) {
  if (to->length + length > to->capacity) {
    to->capacity = 2 * (to->length + length) + 64;
    to->bytes = realloc(to->bytes, to->capacity);
    expect(to->bytes != NULL, "the fuzzer has no memory");
  }
  if (length) {
    memcpy(to->bytes + to->length, bytes, length);
  }
  to->length += length;
}

void buffer_word(buffer *to, uint32_t word) {
  buffer_add(to, &word, sizeof word);
}

int buffer_is_same(const buffer *left, const buffer *right) {
  return left->length == right->length &&
         (left->length == 0 || memcmp(left->bytes, right->bytes, left->length) == 0);
}

static void print_from(const char *name, const buffer *from, size_t at) {
  fprintf(stderr, "%s, %zu bytes, from %zu:", name, from->length, at);
  for (size_t end = at + 160; at < end && at < from->length; ++at) {
    uint8_t byte = from->bytes[at];
    fprintf(stderr, byte > ' ' && byte <= '~' ? " %c" : " %02x", byte);
  }
  fputc('\n', stderr);
}

void buffer_expect_same(const buffer *whole, const buffer *cut, int is_start, const char *what) {
  buffer start = *whole;
  start.length = is_start && cut->length < start.length ? cut->length : start.length;
  if (buffer_is_same(&start, cut)) {
    return;
  }
  size_t at = 0;
  while (at < whole->length && at < cut->length && whole->bytes[at] == cut->bytes[at]) {
    ++at;
  }
  at = at > 40 ? (at - 40) / 4 * 4 : 0;
  print_from("whole", whole, at);
  print_from("cut", cut, at);
  host_fail("bytes that are cut give other %s", what);
}

void buffer_free(buffer *of) {
  free(of->bytes);
  *of = (buffer){0};
}

/* ---- regions -----------------------------------------------------------------------------------
 */

void host_begin(void) {
  if (!nw_region.output) {
    expect(nw_init() == &nw_region, "nw_init failed");
  }
  nw_memory_limit(UINT32_MAX);
  nw_debug_fail_allocations(0, 0);
}

void host_put_input(const uint8_t *bytes, size_t length) {
  free(nw_region.input);
  nw_region.input = malloc(length ? length : 1);
  expect(nw_region.input != NULL, "the fuzzer has no memory");
  if (length) {
    memcpy(nw_region.input, bytes, length);
  }
}

void host_hide_input(size_t from, size_t to) {
  if (from < to) {
    /* A module that reads them may see anything, but under AddressSanitizer it is told of. */
    memset(nw_region.input + from, 0xa5, to - from);
    ASAN_POISON_MEMORY_REGION(nw_region.input + from, to - from);
  }
}

uint8_t *host_scratch(size_t length) {
  free(nw_region.scratch);
  nw_region.scratch = malloc(length ? length : 1);
  expect(nw_region.scratch != NULL, "the fuzzer has no memory");
  nw_region.scratch_capacity = (uint32_t)length;
  return nw_region.scratch;
}

void host_end(void) {
  nw_strings_clear();
  strings_drop();
  expect(nw_region.memory_used == 0, "%u bytes of sessions are left", nw_region.memory_used);
}
