/*
 * The part of printf that nghttp2's diagnostics use. musl's printf, with floating point, would be a
 * tenth of the module.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char *at;
  char *end;
  size_t length; /* the length without the buffer's limit */
} text;

static void append(text *to, const char *from, size_t length) {
  size_t room = (size_t)(to->end - to->at);
  size_t taken = length < room ? length : room;
  if (taken) { /* NULL where only the length is asked for */
    memcpy(to->at, from, taken);
    to->at += taken;
  }
  to->length += length;
}

static void append_number(text *to, uint32_t number) {
  char digits[10];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  append(to, digits + first, sizeof digits - first);
}

/* %d %u %s %.*s. Any other conversion traps: see "Updating nghttp2" in CONTRIBUTING.md. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) {
  text to = {buffer, size ? buffer + size - 1 : buffer, 0};
  while (*format) {
    if (*format != '%') {
      append(&to, format++, 1);
      continue;
    }
    size_t precision = SIZE_MAX;
    if (*++format == '.') {
      precision = (size_t)va_arg(arguments, int);
      format += 2;
    }
    switch (*format++) {
    case 'd': {
      int number = va_arg(arguments, int);
      if (number < 0) {
        append(&to, "-", 1);
      }
      append_number(&to, number < 0 ? -(uint32_t)number : (uint32_t)number);
      break;
    }
    case 'u':
      append_number(&to, va_arg(arguments, uint32_t));
      break;
    case 's': {
      const char *string = va_arg(arguments, const char *);
      append(&to, string, precision == SIZE_MAX ? strlen(string) : precision);
      break;
    }
    default:
      __builtin_trap();
    }
  }
  if (size) {
    *to.at = '\0';
  }
  return (int)to.length;
}
