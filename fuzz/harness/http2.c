/*
 * HTTP/2. Either two sessions get the wire bytes, one of them whole and one in pieces, and must
 * tell and send the same; or one session gets them in pieces, while its host calls the verbs that
 * control bytes choose. ROLE: 0 is a server's session, 1 a client's.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

/* ---- sessions
 * --------------------------------------------------------------------------------------- */

static uint32_t of_four(uint8_t choice, const uint32_t numbers[4]) {
  return numbers[choice & 3];
}

static void write_config(h2_config *to, fuzz_input *controls) {
  uint8_t options = fuzz_control(controls), limits = fuzz_control(controls);
  uint8_t rates = fuzz_control(controls), more = fuzz_control(controls);
  memset(to, 0, sizeof *to);
  to->role = ROLE;
  to->options = options & 15;
  to->event_mask = options & 16 ? 1 << NW_EVENT_PRIORITY_UPDATE | 1 << NW_EVENT_ANSWERED
                                : 1 << NW_EVENT_WINDOW_UPDATE | 1 << NW_EVENT_PRIORITY_UPDATE |
                                    1 << NW_EVENT_DIAGNOSTIC;
  to->max_padding = of_four(options >> 5, (uint32_t[]){0, 0, 9, 256});
  to->seed[0] = more;
  to->memory_limit = UINT32_MAX;
  to->max_header_fields = of_four(limits, (uint32_t[]){128, 128, 6, 1});
  to->max_header_bytes = of_four(limits >> 2, (uint32_t[]){65536, 65536, 300, 40});
  to->max_settings = of_four(limits >> 4, (uint32_t[]){32, 32, 32, 2});
  to->max_continuations = of_four(limits >> 6, (uint32_t[]){8, 8, 8, 0});
  to->reset_burst = of_four(rates, (uint32_t[]){1000, 1000, 3, 0});
  to->reset_rate = 33;
  to->glitch_burst = of_four(rates >> 2, (uint32_t[]){10000, 10000, 20, 1});
  to->glitch_rate = 330;
  to->max_outbound_ack = of_four(rates >> 4, (uint32_t[]){1000, 1000, 5, 1});
  to->max_outbound_queue = of_four(rates >> 6, (uint32_t[]){10000, 10000, 8, 1});
  to->max_deflate_table = of_four(more, (uint32_t[]){4096, 4096, 0, 100});
  to->peer_max_concurrent = of_four(more >> 2, (uint32_t[]){100, 100, 2, 0});
  to->max_reserved_remote = of_four(more >> 4, (uint32_t[]){200, 200, 2, 0});
  to->max_send_header_block = of_four(more >> 6, (uint32_t[]){262144, 262144, 262144, 100});
}

/* The SETTINGS that a host sends first. */
static void begin(peer *of, fuzz_input *controls) {
  static const uint32_t values[][2] = {
    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 128}, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2},
    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 20},     {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
    {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1 << 20},     {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 200},
    {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 100},      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},    {NGHTTP2_SETTINGS_ENABLE_PUSH, ROLE},
  };
  uint32_t chosen = fuzz_control(controls) | fuzz_control(controls) << 8u, count = 0;
  uint8_t *scratch = host_scratch(sizeof values);
  for (uint32_t i = 0; i < sizeof values / sizeof *values; ++i) {
    if (chosen >> i & 1) {
      memcpy(scratch + 8 * count++, values[i], 8);
    }
  }
  h2_submit_settings(of->session, count);
  h2_set_local_window(of->session, 0, chosen >> 14 & 1 ? 1 << 20 : 65535);
  for (uint32_t requests = ROLE ? fuzz_control(controls) % 8 : 0; requests > 0; --requests) {
    call_request(of, controls);
  }
}

host_body *body_find(peer *of, int32_t id) {
  for (int i = 0; i < MOST_BODIES; ++i) {
    if (of->bodies[i].id == id) {
      return &of->bodies[i];
    }
  }
  return NULL;
}

host_body *body_new(peer *of, int32_t id) {
  host_body *body = body_find(of, id);
  body = body ? body : body_find(of, 0);
  if (body) {
    *body = (host_body){.id = id};
  }
  return body;
}

void peer_note_stream(peer *to, int32_t id) {
  to->ids[to->id_count++ % (sizeof to->ids / sizeof *to->ids)] = id;
}

static void on_record(void *context, enum nw_event kind, const uint32_t *words) {
  peer *of = context;
  int32_t id = (int32_t)words[0];
  host_body *body =
    kind == NW_EVENT_STREAM_CLOSED || kind == NW_EVENT_PIECE_SENT ? body_find(of, id) : NULL;
  switch (kind) {
  case NW_EVENT_HEADERS:
    peer_note_stream(of, id);
    break;
  case NW_EVENT_PUSH_PROMISE:
    peer_note_stream(of, (int32_t)words[1]);
    break;
  case NW_EVENT_STREAM_CLOSED:
    if (body) {
      *body = (host_body){0};
    }
    break;
  case NW_EVENT_PIECE_SENT:
    expect(body && (body->is_loose || body->pieces >= words[1]),
           "%u bytes of pieces were sent on stream %d, which has fewer", words[1], id);
    body->pieces -= words[1] < body->pieces ? words[1] : body->pieces;
    break;
  case NW_EVENT_FRAME_INVALID:
    if (words[0] == NGHTTP2_DATA && words[1]) {
      told_body *told = teller_body(&of->told, words[1]);
      if (told) {
        told->is_spoiled = 1;
      }
    }
    break;
  default:
    break;
  }
}

/*
 * A pair of sessions that are compared has no limit of its queue: it is looked at where a chunk
 * ends, too, so the code of the GOAWAY depends on where that is.
 */
peer *peer_new(fuzz_input *controls, int keeps_output) {
  peer *made = calloc(1, sizeof *made);
  expect(made != NULL, "the fuzzer has no memory");
  h2_config config;
  write_config(&config, controls);
  if (keeps_output) {
    config.max_outbound_queue = UINT32_MAX;
  } else {
    config.memory_limit =
      of_four(fuzz_control(controls), (uint32_t[]){UINT32_MAX, UINT32_MAX, 100000, 30000});
  }
  made->told.has_marks = 1;
  made->told.has_bodies = keeps_output;
  made->unread = UNKNOWN_UNREAD;
  made->keeps_output = keeps_output;
  made->is_quiet = !(config.event_mask >> NW_EVENT_DIAGNOSTIC & 1);
  memcpy(host_scratch(sizeof config), &config, sizeof config);
  made->session = h2_session_new();
  expect(made->session != NULL, "no session with %u bytes", config.memory_limit);
  begin(made, controls);
  return made;
}

void peer_free(peer *of) {
  h2_session_ask(of->session, H2_ASK_LAST_PROCESSED_STREAM, 0);
  h2_session_del(of->session);
  teller_free(&of->told);
  buffer_free(&of->output);
  free(of);
}

/* ---- input
 * -------------------------------------------------------------------------------------------- */

/*
 * Hides the payloads of DATA frames, which a host need not copy: as src/engine/http2/input.ts, for
 * chunks of any length.
 */
static void hide_payloads(const uint8_t *bytes, size_t length, size_t unread) {
  if (unread == UNKNOWN_UNREAD) {
    return;
  }
  host_hide_input(0, unread < length ? unread : length);
  for (size_t at = unread; at + 9 <= length;) {
    size_t size = (size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2];
    size_t next = at + 9 + size;
    if (bytes[at + 3] == NGHTTP2_DATA) {
      size_t from = at + 9 + !!(bytes[at + 4] & NGHTTP2_FLAG_PADDED);
      host_hide_input(from, next < length ? next : length);
    }
    at = next;
  }
}

void peer_receive(peer *to, const uint8_t *bytes, size_t length, uint32_t most) {
  to->told.context = to;
  to->told.on_record = on_record;
  while (length && !to->is_dead) {
    host_put_input(bytes, length);
    hide_payloads(bytes, length, to->unread);
    int taken = h2_session_receive(to->session, (uint32_t)length, to->now, most);
    to->unread = nw_region.input_unread;
    teller_read(&to->told, bytes, length);
    nw_debug_fail_allocations(0, 0);
    if (taken < 0) {
      to->is_dead = 1;
      return;
    }
    expect((size_t)taken <= length, "%d bytes of %zu were taken", taken, length);
    bytes += taken;
    length -= (size_t)taken;
  }
}

void peer_send(peer *of, uint32_t most) {
  of->told.context = of;
  of->told.on_record = on_record;
  for (uint32_t rounds = 0; !of->is_dead; ++rounds) {
    expect(rounds < 100000, "output does not end");
    int result = h2_session_send(of->session, most, of->now);
    nw_debug_fail_allocations(0, 0);
    check_output(of);
    teller_read(&of->told, NULL, 0);
    of->is_dead = result < 0;
    if (!nw_region.output_more) {
      break;
    }
  }
}

/* ---- the two ways
 * ----------------------------------------------------------------------------------------- */

/* Bodies that were told in full are the same. */
static void compare_bodies(peer *whole, peer *cut, int is_start) {
  for (int i = 0; i < TOLD_BODIES && whole->told.bodies[i].stream; ++i) {
    const told_body *body = &whole->told.bodies[i];
    const told_body *other = teller_body(&cut->told, body->stream);
    if (other && !body->is_spoiled && !other->is_spoiled) {
      buffer_expect_same(&body->bytes, &other->bytes, is_start, "bodies");
    }
  }
}

static void compare(fuzz_input *input) {
  fuzz_input same = *input;
  peer *whole = peer_new(input, 1), *cut = peer_new(&same, 1);
  peer_receive(whole, input->wire, input->wire_length, UINT32_MAX);
  /* nghttp2 takes no more chunks once GOAWAY was received and no stream is left. */
  int is_over = 0;
  while (same.wire_length && !is_over) {
    size_t size = fuzz_chunk(&same);
    uint8_t most = fuzz_control(&same);
    peer_receive(cut, same.wire, size, most < 128 ? UINT32_MAX : most % 8);
    same.wire += size;
    same.wire_length -= size;
    is_over = cut->is_dead || !h2_session_ask(cut->session, H2_ASK_WANT_READ, 0);
  }
  is_over = is_over && same.wire_length && !cut->is_dead;
  buffer_expect_same(&whole->told.log, &cut->told.log, is_over, "records");
  compare_bodies(whole, cut, is_over);
  if (!is_over) {
    expect(whole->is_dead == cut->is_dead, "bytes that are cut end in another way");
    peer_send(whole, 1 << 20);
    peer_send(cut, 1 << 20);
    buffer_expect_same(&whole->told.log, &cut->told.log, 0, "records while sending");
    buffer_expect_same(&whole->output, &cut->output, 0, "output");
  }
  peer_free(whole);
  peer_free(cut);
}

static void interleave(fuzz_input *input) {
  peer *of = peer_new(input, 0);
  while (!of->is_dead && (input->wire_length || input->control_length)) {
    if (input->wire_length && (!input->control_length || fuzz_control(input) & 1)) {
      size_t size = fuzz_chunk(input);
      maybe_starve(input);
      peer_receive(of, input->wire, size, input->control_length ? 48 : UINT32_MAX);
      input->wire += size;
      input->wire_length -= size;
    } else {
      call_verb(of, input);
    }
    if (of->told.log.length > 1 << 20) {
      of->told.log.length = of->told.data_at = 0;
    }
  }
  peer_send(of, 1 << 20);
  peer_free(of);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  host_begin();
  fuzz_input input = fuzz_input_of(data, size);
  uint8_t way = fuzz_control(&input);
  if (way & 1) {
    interleave(&input);
  } else {
    compare(&input);
  }
  host_end();
  return 0;
}
