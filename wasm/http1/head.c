/* The rules for a block of HTTP/1.1 that llhttp leaves to its user, and the block's records. */
#include "http1.h"

#include <string.h>

/* The block as it is recorded. */
typedef struct {
  uint8_t *bytes;
  uint32_t *at; /* the next record */
  uint32_t flags;
} writer;

static int is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t';
}

static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* Makes the names lower case, and cuts white space off the values (RFC 9112 §5). */
static void normalise(const h1_session *session, uint8_t *bytes) {
  for (uint32_t i = 0; i < session->field_count; ++i) {
    h1_field *field = &session->fields[i];
    for (uint32_t at = field->name; at < field->name + field->name_length; ++at) {
      bytes[at] = lower(bytes[at]);
    }
    while (field->value_length && is_space(bytes[field->value + field->value_length - 1])) {
      field->value_length -= 1;
    }
  }
}

static int is_name(const uint8_t *bytes, const h1_field *field, const char *name) {
  return field->name_length == strlen(name) &&
         memcmp(bytes + field->name, name, field->name_length) == 0;
}

/* ---- records ------------------------------------------------------------------------------ */

/* Fields whose values are not kept in the cache of strings. */
static int is_secret(const uint8_t *bytes, const h1_field *field) {
  return is_name(bytes, field, "cookie") || is_name(bytes, field, "authorization") ||
         is_name(bytes, field, "proxy-authorization") || is_name(bytes, field, "set-cookie");
}

static int put_field(writer *out, const uint8_t *name, uint32_t name_length, const uint8_t *value,
                     uint32_t value_length, int is_kept) {
  uint32_t most = nw_text_words(name_length) + nw_text_words(value_length);
  uint32_t *record = nw_event_reserve(most + 1);
  if (!record) {
    return 0;
  }
  record[0] = NW_EVENT_FIELD | out->flags << 8;
  uint32_t *end = nw_put_text(record + 1, name, name_length, 1);
  end = nw_put_text(end, value, value_length, is_kept);
  nw_event_written(end);
  out->flags = 0;
  return 1;
}

static int put_pseudo(writer *out, const char *name, const uint8_t *value, uint32_t length) {
  return put_field(out, (const uint8_t *)name, (uint32_t)strlen(name), value, length, 1);
}

static int put_fields(const h1_session *session, writer *out, int drops_host) {
  const uint8_t *bytes = out->bytes;
  for (uint32_t i = 0; i < session->field_count; ++i) {
    const h1_field *field = &session->fields[i];
    if (drops_host && is_name(bytes, field, "host")) {
      continue;
    }
    if (!put_field(out, bytes + field->name, field->name_length, bytes + field->value,
                   field->value_length, !is_secret(bytes, field))) {
      return NGHTTP2_ERR_NOMEM;
    }
  }
  return 0;
}

static int put_end(const h1_session *session, const writer *out, uint32_t category,
                   uint32_t flags) {
  uint32_t empty = out->flags ? NW_BLOCK_EMPTY : 0;
  return nw_note(NW_EVENT_HEADERS, flags | empty, session->message, category);
}

/* ---- framing ------------------------------------------------------------------------------ */

/* Reads the codings of a Transfer-Encoding value. 0: `chunked` alone. */
static int check_coding(const uint8_t *value, uint32_t length) {
  if (h1_is_text(value, length, "chunked")) {
    return 0;
  }
  /* A list of tokens is a request for codings that are not implemented (RFC 9112 §6.1). */
  uint32_t token = 0;
  for (uint32_t i = 0; i <= length; ++i) {
    if (i == length || value[i] == ',') {
      if (token == 0 || h1_is_text(value + i - token, token, "identity")) {
        return H1_REASON_CODING;
      }
      token = 0;
      while (i + 1 < length && is_space(value[i + 1])) {
        ++i;
      }
    } else if (((value[i] | 0x20) >= 'a' && (value[i] | 0x20) <= 'z') || value[i] == '-') {
      ++token;
    } else {
      return H1_REASON_CODING;
    }
  }
  const char *known[] = {"gzip", "deflate", "compress"};
  for (uint32_t i = 0; i < sizeof known / sizeof *known; ++i) {
    uint32_t size = (uint32_t)strlen(known[i]);
    if (length >= size && h1_is_text(value, size, known[i])) {
      return H1_REASON_CODING_UNKNOWN;
    }
  }
  return H1_REASON_CODING;
}

/* The fields of a message that decide about its framing and its connection. */
typedef struct {
  const h1_field *host;
  uint32_t hosts, codings, lengths, upgrades;
  int coding;     /* result of check_coding */
  int has_length; /* a Content-Length other than 0 */
  int is_h2c;
} framing;

static framing read_framing(const h1_session *session, const uint8_t *bytes) {
  framing found = {0};
  for (uint32_t i = 0; i < session->field_count; ++i) {
    const h1_field *field = &session->fields[i];
    const uint8_t *value = bytes + field->value;
    if (is_name(bytes, field, "host")) {
      found.host = field;
      found.hosts += 1;
    } else if (is_name(bytes, field, "transfer-encoding")) {
      found.codings += 1;
      found.coding = check_coding(value, field->value_length);
    } else if (is_name(bytes, field, "content-length")) {
      found.lengths += 1;
      found.has_length |= !(field->value_length == 1 && *value == '0');
    } else if (is_name(bytes, field, "upgrade")) {
      found.upgrades += 1;
      found.is_h2c = h1_is_text(value, field->value_length, "h2c");
    }
  }
  return found;
}

static int check_framing(const framing *found, int is_http10) {
  if (found->codings && found->lengths) {
    return H1_REASON_LENGTH;
  }
  if (found->codings > 1 || (found->codings && is_http10)) {
    return H1_REASON_CODING;
  }
  if (found->lengths > 1) {
    return H1_REASON_LENGTH;
  }
  return found->codings ? found->coding : 0;
}

/* `close` holds beside `keep-alive` too, where llhttp keeps a connection of HTTP/1.0 (RFC 9112
 * §9.3). */
static int is_last(const llhttp_t *parser) {
  return parser->flags & F_CONNECTION_CLOSE || !llhttp_should_keep_alive(parser);
}

/* ---- requests ----------------------------------------------------------------------------- */

/* Records `:path`. An absolute target may have no path (RFC 9112 §3.2.2, §3.2.4). */
static int put_path(writer *out, const h1_target *parts, uint8_t method) {
  const uint8_t *path = parts->path;
  uint32_t length = parts->path_length;
  if (length && *path == '/') {
    return put_pseudo(out, ":path", path, length);
  }
  if (length == 0) {
    return put_pseudo(out, ":path", (const uint8_t *)(method == HTTP_OPTIONS ? "*" : "/"), 1);
  }
  if (*path == '*') {
    return put_pseudo(out, ":path", path, length);
  }
  /* A query without a path. The slash replaces the authority's last byte, which has been
   * recorded. */
  uint8_t *slash = (uint8_t *)path - 1;
  *slash = '/';
  return put_pseudo(out, ":path", slash, length + 1);
}

static int record_request(h1_session *session, uint8_t *bytes) {
  llhttp_t *parser = &session->parser;
  int is_http10 = parser->http_minor == 0;
  int result = h1_check_line(session, bytes);
  if (result) {
    return result;
  }
  if (parser->http_major != 1 || parser->http_minor > 1) {
    return H1_REASON_VERSION;
  }
  framing found = read_framing(session, bytes);
  result = check_framing(&found, is_http10);
  if (result) {
    return result;
  }
  h1_target parts = {0};
  result = h1_split_target(session, bytes, &parts);
  if (result) {
    return result;
  }
  if (found.hosts > 1 || (!found.hosts && !is_http10) ||
      (found.host && !found.host->value_length)) {
    return H1_REASON_HOST;
  }
  int has_body = parser->flags & F_CHUNKED || parser->content_length > 0;
  int is_upgrade = (parser->flags & F_UPGRADE) && (parser->flags & F_CONNECTION_UPGRADE);
  if (parts.is_connect && (found.codings || found.has_length)) {
    return H1_REASON_UPGRADE_BODY;
  }
  if (is_upgrade && (found.codings || found.has_length)) {
    /* A request of HTTP/1.1 that offers h2c is served by HTTP/1.1 when it has a body. */
    if (!found.is_h2c || found.upgrades > 1) {
      return H1_REASON_UPGRADE_BODY;
    }
    is_upgrade = 0;
  }
  if (!parts.authority_length && found.host) {
    parts.authority = bytes + found.host->value;
    parts.authority_length = found.host->value_length;
  }
  session->has_body = has_body != 0;
  session->is_upgrade = is_upgrade || parts.is_connect;
  session->is_last = is_last(parser);
  writer out = {bytes, NULL, NW_FIELD_FIRST};
  const char *scheme = session->is_secure ? "https" : "http";
  int is_written =
    put_pseudo(&out, ":method", bytes + session->method.start, session->method.length) &&
    (parts.is_connect ||
     put_pseudo(&out, ":scheme", (const uint8_t *)scheme, (uint32_t)strlen(scheme))) &&
    (!parts.authority_length ||
     put_pseudo(&out, ":authority", parts.authority, parts.authority_length)) &&
    (parts.is_connect || put_path(&out, &parts, parser->method));
  if (!is_written || put_fields(session, &out, 1) != 0) {
    return NGHTTP2_ERR_NOMEM;
  }
  uint32_t flags = (has_body ? 0 : NW_BLOCK_END_STREAM) | (session->is_last ? NW_BLOCK_LAST : 0) |
                   (is_http10 ? NW_BLOCK_HTTP10 : 0) | (session->is_upgrade ? NW_BLOCK_UPGRADE : 0);
  return put_end(session, &out, NW_CATEGORY_REQUEST, flags);
}

/* ---- responses ---------------------------------------------------------------------------- */

static int record_response(h1_session *session, uint8_t *bytes) {
  llhttp_t *parser = &session->parser;
  int is_http10 = parser->http_minor == 0;
  if (parser->http_major != 1 || parser->http_minor > 1) {
    return H1_REASON_VERSION;
  }
  framing found = read_framing(session, bytes);
  int result = check_framing(&found, is_http10);
  if (result) {
    return result;
  }
  uint32_t status = parser->status_code;
  if (status < 100 || status > 999) {
    return H1_REASON_LINE;
  }
  session->is_interim = status < 200 && status != 101;
  int needs_eof = !session->is_bodiless && llhttp_message_needs_eof(parser);
  int is_empty = session->is_bodiless || status < 200 || status == 204 || status == 304;
  int has_body =
    !is_empty && (parser->flags & F_CHUNKED || parser->content_length > 0 || needs_eof);
  session->has_body = has_body != 0;
  session->is_upgrade = status == 101;
  session->is_last = !session->is_interim && (needs_eof || is_last(parser));
  uint8_t digits[3] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                       (uint8_t)('0' + status % 10)};
  writer out = {bytes, NULL, NW_FIELD_FIRST};
  if (!put_pseudo(&out, ":status", digits, 3) || put_fields(session, &out, 0) != 0) {
    return NGHTTP2_ERR_NOMEM;
  }
  int is_end = !has_body && !session->is_interim;
  uint32_t flags = (is_end ? NW_BLOCK_END_STREAM : 0) | (session->is_last ? NW_BLOCK_LAST : 0) |
                   (is_http10 ? NW_BLOCK_HTTP10 : 0) | (session->is_upgrade ? NW_BLOCK_UPGRADE : 0);
  return put_end(session, &out, NW_CATEGORY_RESPONSE, flags);
}

int h1_record_head(h1_session *session) {
  uint8_t *bytes = h1_block(session);
  if (!bytes) {
    return NGHTTP2_ERR_NOMEM;
  }
  normalise(session, bytes);
  return session->role == NW_ROLE_CLIENT ? record_response(session, bytes)
                                         : record_request(session, bytes);
}

/* Trailer fields that would frame or route the message (RFC 9110 §6.5.1). */
static int is_forbidden(const uint8_t *bytes, const h1_field *field) {
  const char *names[] = {"content-length", "transfer-encoding", "host",         "trailer", "te",
                         "connection",     "upgrade",           "authorization"};
  for (uint32_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (is_name(bytes, field, names[i])) {
      return 1;
    }
  }
  return 0;
}

int h1_record_trailers(h1_session *session) {
  uint8_t *bytes = h1_block(session);
  if (!bytes) {
    return NGHTTP2_ERR_NOMEM;
  }
  normalise(session, bytes);
  for (uint32_t i = 0; i < session->field_count; ++i) {
    if (is_forbidden(bytes, &session->fields[i])) {
      return H1_REASON_TRAILERS;
    }
  }
  writer out = {bytes, NULL, NW_FIELD_FIRST};
  if (put_fields(session, &out, 0) != 0) {
    return NGHTTP2_ERR_NOMEM;
  }
  return put_end(session, &out, NW_CATEGORY_HEADERS, NW_BLOCK_END_STREAM);
}
