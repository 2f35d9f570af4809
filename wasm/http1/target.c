/* The start line of a request: its layout, and the forms of its target. */
#include "http1.h"

#include <string.h>

static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

int h1_is_text(const uint8_t *bytes, uint32_t length, const char *text) {
  if (length != strlen(text)) {
    return 0;
  }
  for (uint32_t i = 0; i < length; ++i) {
    if (lower(bytes[i]) != (uint8_t)text[i]) {
      return 0;
    }
  }
  return 1;
}

/* Empty lines are allowed before the start line (RFC 9112 §2.2). */
int h1_check_line(const h1_session *session, const uint8_t *bytes) {
  uint32_t start = session->method.start;
  if (start % 2) {
    return H1_REASON_LINE;
  }
  for (uint32_t i = 0; i < start; i += 2) {
    if (bytes[i] != '\r' || bytes[i + 1] != '\n') {
      return H1_REASON_LINE;
    }
  }
  uint32_t target = start + session->method.length + 1;
  uint32_t version = target + session->target.length + 1 + 5;
  if (session->target.start != target || session->version.start != version) {
    return H1_REASON_LINE;
  }
  if (memcmp(bytes + version - 5, "HTTP/", 5) != 0) {
    return H1_REASON_LINE;
  }
  return 0;
}

static int split_absolute(const uint8_t *target, uint32_t length, uint32_t scheme,
                          h1_target *parts) {
  const uint8_t *authority = target + scheme;
  uint32_t rest = length - scheme, size = 0;
  while (size < rest && authority[size] != '/' && authority[size] != '?') {
    ++size;
  }
  parts->authority = authority;
  parts->authority_length = size;
  parts->path = authority + size;
  parts->path_length = rest - size;
  return size ? 0 : H1_REASON_TARGET;
}

int h1_split_target(const h1_session *session, const uint8_t *bytes, h1_target *parts) {
  const uint8_t *target = bytes + session->target.start;
  uint32_t length = session->target.length;
  uint8_t method = session->parser.method;
  for (uint32_t i = 0; i < length; ++i) {
    if (target[i] <= ' ' || target[i] > '~' || target[i] == '#') {
      return H1_REASON_TARGET;
    }
  }
  if (method == HTTP_CONNECT) {
    parts->is_connect = 1;
    parts->authority = target;
    parts->authority_length = length;
    return memchr(target, ':', length) ? 0 : H1_REASON_TARGET;
  }
  parts->path = target;
  parts->path_length = length;
  if (*target == '/') {
    return 0;
  }
  if (length == 1 && *target == '*') {
    return method == HTTP_OPTIONS ? 0 : H1_REASON_TARGET;
  }
  if (length > 7 && h1_is_text(target, 7, "http://")) {
    return split_absolute(target, length, 7, parts);
  }
  if (length > 8 && h1_is_text(target, 8, "https://")) {
    return split_absolute(target, length, 8, parts);
  }
  return H1_REASON_TARGET;
}
