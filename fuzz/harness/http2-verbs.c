/*
 * The verbs of a host, with arguments that control bytes choose. An argument that src/ refuses
 * before it calls an export is not passed here either.
 */
#include <string.h>

#include "session.h"

/* ---- arguments
 * ------------------------------------------------------------------------------------------ */

static int32_t some_stream(const peer *of, fuzz_input *controls) {
  uint8_t choice = fuzz_control(controls);
  uint32_t known = sizeof of->ids / sizeof *of->ids;
  known = of->id_count < known ? of->id_count : known;
  if (known && choice < 192) {
    return of->ids[choice % known];
  }
  return choice < 250 ? choice % 12 + 1 : (int32_t)(0x7fffffff - choice % 2);
}

static int32_t some_stream_or_zero(const peer *of, fuzz_input *controls) {
  return fuzz_control(controls) & 1 ? 0 : some_stream(of, controls);
}

/* A number that is a boundary of something, or any. */
static uint32_t some_number(fuzz_input *controls) {
  static const uint32_t numbers[] = {0,     1,     2,          100,        16383,      16384,
                                     16385, 65535, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff};
  uint32_t choice = fuzz_control(controls);
  return choice < sizeof numbers / sizeof *numbers ? numbers[choice] : fuzz_below(controls, 4096);
}

/* The length of a body that a host really has. */
static uint32_t some_length(fuzz_input *controls) {
  static const uint32_t lengths[] = {0, 1, 5, 100, 1000, 16384, 20000, 100000};
  uint32_t choice = fuzz_control(controls);
  return choice < 128 ? lengths[choice % 8] : choice;
}

/* ---- fields
 * --------------------------------------------------------------------------------------------------
 */

#define GET ":method\0GET\0:scheme\0http\0:authority\0x\0:path\0/\0"
#define POST ":method\0POST\0:scheme\0http\0:authority\0x\0:path\0/a\0"

/* Names and values in turn, each ended by a NUL. */
static const char *const lists[] = {
  ":status\000200\0",
  ":status\000200\0content-type\0text/plain\0content-length\0005\0",
  ":status\000204\0",
  ":status\000304\0etag\0\"x\"\0",
  ":status\000103\0link\0</a>\0",
  ":status\000100\0",
  ":status\000101\0",
  GET,
  POST "content-length\000100\0",
  POST "cookie\0a=b\0authorization\0secret\0",
  ":method\0CONNECT\0:authority\0x:1\0",
  ":method\0CONNECT\0:protocol\0websocket\0:scheme\0http\0:authority\0x\0:path\0/\0",
  ":method\0HEAD\0:scheme\0http\0:authority\0x\0:path\0/\0",
  "x-sum\0001\0grpc-status\0000\0",
  GET "Upper\0x\0",
  ":status\000200\0connection\0close\0",
  "",
};

/* Writes a list of fields into scratch, with `room` bytes behind it; gives their number. */
static uint32_t put_fields(fuzz_input *controls, uint32_t room, uint8_t **behind) {
  uint8_t choice = fuzz_control(controls);
  const char *list = lists[choice % (sizeof lists / sizeof *lists)];
  uint32_t count = 0;
  for (const char *at = list; *at; at += strlen(at) + 1) {
    at += strlen(at) + 1;
    ++count;
  }
  uint8_t more =
    choice > 200 ? fuzz_control(controls) : 0; /* one field with a value of any length */
  size_t size = (count + !!more) * sizeof(nghttp2_nv);
  uint8_t *scratch = host_scratch(size + more + room);
  nghttp2_nv *field = (nghttp2_nv *)scratch;
  for (const char *at = list; *at; ++field) {
    field->name = (uint8_t *)at;
    field->namelen = strlen(at);
    at += field->namelen + 1;
    field->value = (uint8_t *)at;
    field->valuelen = strlen(at);
    at += field->valuelen + 1;
    field->flags = choice & 1 ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
  }
  if (more) {
    memset(scratch + size, fuzz_control(controls), more);
    *field = (nghttp2_nv){(uint8_t *)"x-more", scratch + size, 6, more, NGHTTP2_NV_FLAG_NONE};
  }
  if (room) {
    memset(scratch + size + more, 'b', room);
  }
  *behind = scratch + size + more;
  return count + !!more;
}

/* Writes `length` bytes into scratch. */
static void put_bytes(fuzz_input *controls, uint32_t length) {
  memset(host_scratch(length), fuzz_control(controls), length);
}

/* ---- messages
 * ------------------------------------------------------------------------------------------------
 */

/* A stream has a message whose body is to follow, where it is of that kind. */
static void note_body(peer *of, int32_t id, uint32_t flags) {
  if ((flags & (H2_BODY_HELD | H2_BODY_CREDIT)) == H2_BODY_CREDIT) {
    body_new(of, id);
  }
}

static uint32_t some_body(fuzz_input *controls, uint32_t *length) {
  uint8_t choice = fuzz_control(controls);
  uint32_t kind = choice % 3 == 0 ? H2_BODY_NONE : choice % 3 == 1 ? H2_BODY_HELD : H2_BODY_CREDIT;
  *length = kind == H2_BODY_HELD ? some_length(controls) % 4097 : 0;
  return kind | (choice & 128 ? H2_BODY_HALF_CLOSE : 0);
}

void call_request(peer *of, fuzz_input *controls) {
  uint32_t length;
  uint32_t flags = some_body(controls, &length);
  uint8_t *body;
  uint32_t count = put_fields(controls, length, &body);
  int id = h2_submit_request(of->session, count, flags, body, length);
  expect(id != 0, "a request on stream 0");
  if (id > 0) {
    peer_note_stream(of, id);
    note_body(of, id, flags);
  }
}

static void respond(peer *of, fuzz_input *controls) {
  uint32_t length;
  int32_t id = some_stream(of, controls);
  uint32_t flags = some_body(controls, &length);
  uint8_t *body;
  uint32_t count = put_fields(controls, length, &body);
  const nghttp2_nv *fields = (const nghttp2_nv *)nw_region.scratch;
  if (h2_submit_response(of->session, id, fields, count, flags, body, length) == 0) {
    note_body(of, id, flags);
  }
}

static void push_promise(peer *of, fuzz_input *controls) {
  int32_t id = some_stream(of, controls);
  uint8_t *end;
  uint32_t count = put_fields(controls, 0, &end);
  int promised = h2_submit_push_promise(of->session, id, count);
  if (promised > 0) {
    peer_note_stream(of, promised);
  }
}

/* More of a body: bytes that the host keeps, or a piece that is copied. */
static void send_data(peer *of, fuzz_input *controls, int is_piece) {
  int32_t id = some_stream(of, controls);
  uint32_t length = some_length(controls);
  int last = fuzz_control(controls) & 1;
  host_body *body = body_find(of, id);
  int is_new = !body;
  body = body ? body : body_new(of, id);
  if (!body) {
    return; /* more bodies than this host counts */
  }
  int result;
  if (is_piece) {
    length %= 1025;
    put_bytes(controls, length);
    result = h2_stream_push(of->session, id, length, last);
  } else {
    result = h2_stream_credit(of->session, id, length, last);
  }
  if (result == 0) {
    *(is_piece ? &body->pieces : &body->credit) += length;
  } else if (result == NGHTTP2_ERR_INVALID_STREAM_STATE && is_new) {
    *body = (host_body){0};
  } else if (result != NGHTTP2_ERR_INVALID_STREAM_STATE) {
    body->is_loose = 1;
  }
}

/* ---- the connection
 * ------------------------------------------------------------------------------------------ */

static void settings(peer *of, fuzz_input *controls, int is_packed) {
  uint32_t count = fuzz_control(controls) % 4;
  uint32_t pairs[3][2];
  for (uint32_t i = 0; i < count; ++i) {
    pairs[i][0] = fuzz_control(controls) % 10;
    pairs[i][1] = some_number(controls);
  }
  uint8_t *scratch = host_scratch(8 * count);
  if (count) {
    memcpy(scratch, pairs, 8 * count);
  }
  if (is_packed) {
    h2_pack_settings(count);
  } else {
    h2_submit_settings(of->session, count);
  }
}

static void altsvc(peer *of, fuzz_input *controls) {
  uint32_t origin = fuzz_control(controls) % 20, value = fuzz_control(controls) % 20 + 1;
  put_bytes(controls, origin + value);
  h2_submit_altsvc(of->session, some_stream_or_zero(of, controls), origin, value);
}

static void origin(peer *of, fuzz_input *controls) {
  uint32_t count = fuzz_control(controls) % 4, length = fuzz_control(controls);
  uint8_t *scratch = host_scratch(count * 8 + length);
  memset(scratch, 'o', count * 8 + length);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t entry[2] = {(uint32_t)(uintptr_t)(scratch + count * 8), length};
    memcpy(scratch + 8 * i, entry, sizeof entry);
  }
  h2_submit_origin(of->session, count);
}

static void extension(peer *of, fuzz_input *controls) {
  uint32_t type = fuzz_control(controls), flags = fuzz_control(controls);
  uint32_t length = some_length(controls) % 16385;
  put_bytes(controls, length);
  h2_submit_extension(of->session, type, flags, some_stream_or_zero(of, controls), length);
}

/* Calls that change the windows for what the peer sends. */
static void window(peer *of, fuzz_input *controls, uint32_t verb) {
  uint32_t number = some_number(controls) & 0x7fffffff;
  switch (verb) {
  case 0:
    h2_submit_window_update(of->session, some_stream_or_zero(of, controls), (int32_t)number);
    break;
  case 1:
    h2_set_local_window(of->session, some_stream_or_zero(of, controls), (int32_t)number);
    break;
  case 2:
    h2_consume(of->session, some_stream(of, controls), number);
    break;
  default:
    h2_discard(of->session, some_stream(of, controls), number);
  }
}

static void goaway(peer *of, fuzz_input *controls) {
  uint32_t length = some_length(controls) % 20001, code = some_number(controls);
  put_bytes(controls, length);
  h2_submit_goaway(of->session, some_stream_or_zero(of, controls), code, length);
}

static void ask(peer *of, fuzz_input *controls) {
  static const int32_t settings[] = {1, 2, 3, 4, 5, 6, 8, 9};
  uint32_t question = fuzz_control(controls) % (H2_ASK_PRIORITY + 1);
  uint8_t argument = fuzz_control(controls);
  int is_setting = question == H2_ASK_REMOTE_SETTING || question == H2_ASK_LOCAL_SETTING;
  h2_session_ask(of->session, question, is_setting ? settings[argument % 8] : argument % 20);
}

static void call(peer *of, fuzz_input *controls, uint8_t verb) {
  uint8_t *end;
  switch (verb % 32) {
  case 0:
  case 1:
  case 2:
    peer_send(of, verb & 32 ? 1 << 20 : some_number(controls) & 0xffff);
    break;
  case 3:
  case 4:
    ROLE ? call_request(of, controls) : respond(of, controls);
    break;
  case 5:
    ROLE ? respond(of, controls) : push_promise(of, controls);
    break;
  case 6:
  case 7:
    send_data(of, controls, 0);
    break;
  case 8:
  case 9:
    send_data(of, controls, 1);
    break;
  case 10: {
    int32_t id = some_stream(of, controls);
    h2_submit_trailers(of->session, id, put_fields(controls, 0, &end));
    break;
  }
  case 11: {
    int32_t id = some_stream(of, controls);
    h2_submit_informational(of->session, id, put_fields(controls, 0, &end));
    break;
  }
  case 12:
  case 13: {
    int32_t id = some_stream(of, controls);
    h2_submit_rst_stream(of->session, id, some_number(controls));
    break;
  }
  case 14:
    settings(of, controls, 0);
    break;
  case 15:
    settings(of, controls, 1);
    break;
  case 16:
    put_bytes(controls, 8);
    h2_submit_ping(of->session, verb >> 5 & 1);
    break;
  case 17:
    goaway(of, controls);
    break;
  case 18:
    h2_submit_shutdown_notice(of->session);
    break;
  case 19:
    h2_session_terminate(of->session, some_number(controls));
    break;
  case 20:
  case 21:
  case 22:
  case 23:
    window(of, controls, verb % 4);
    break;
  case 24: {
    int32_t id = some_stream(of, controls);
    h2_change_priority(of->session, id, verb >> 5, fuzz_control(controls) & 1, verb >> 7);
    break;
  }
  case 25: {
    uint32_t length = fuzz_control(controls);
    put_bytes(controls, length);
    h2_submit_priority_update(of->session, some_stream(of, controls), length);
    break;
  }
  case 26:
    altsvc(of, controls);
    break;
  case 27:
    origin(of, controls);
    break;
  case 28:
    extension(of, controls);
    break;
  case 29: {
    uint32_t length = fuzz_control(controls) % 13;
    put_bytes(controls, length);
    h2_session_upgrade(of->session, length, verb >> 5 & 1);
    break;
  }
  case 30:
    of->now += some_number(controls);
    ask(of, controls);
    break;
  default:
    ask(of, controls);
  }
}

void maybe_starve(fuzz_input *controls) {
  if (controls->control_length && fuzz_control(controls) == 255) {
    uint32_t first = 1 + fuzz_control(controls) % 30;
    nw_debug_fail_allocations(first, 1 + fuzz_control(controls) % 3);
  }
}

void call_verb(peer *of, fuzz_input *controls) {
  uint8_t verb = fuzz_control(controls);
  maybe_starve(controls);
  call(of, controls, verb);
  nw_debug_fail_allocations(0, 0);
}
