/*
 * HTTP/1.1: one session gets the wire bytes in one chunk, another one gets them in pieces, with
 * pauses between messages. Both must tell the same. ROLE: 0 is a server's session, which reads
 * requests; 1 is a client's.
 */
#include "http1.h"

#include <string.h>

#include "host.h"

h1_session *h1_session_new(uint32_t role, uint32_t is_secure, uint32_t max_fields,
                           uint32_t max_bytes, uint32_t max_target, uint32_t max_extensions);
void h1_session_del(h1_session *session);
int h1_session_receive(h1_session *session, uint32_t length, uint32_t most);
int h1_session_finish(h1_session *session);
void h1_session_expect_bodiless(h1_session *session);

/* One connection. */
typedef struct {
  h1_session *session;
  teller told;
  uint32_t unread;
  uint32_t heads;    /* HEADERS records of messages: neither of interim responses nor of trailers */
  uint32_t bodiless; /* a bit for each message: the response has no body */
  uint32_t asked;    /* the last message that a request was sent for */
  uint32_t reason;   /* h1_reason of the refusal; 0: there is none */
  int is_interim, is_dead;
} connection;

typedef struct {
  uint32_t is_secure, max_fields, max_bytes, max_target, max_extensions, bodiless;
} config;

static config read_config(fuzz_input *input) {
  static const uint32_t fields[] = {128, 128, 3, 1}, bytes[] = {65536, 65536, 300, 80},
                        targets[] = {16384, 16384, 40, 5}, extensions[] = {16384, 16384, 20, 1};
  config made;
  uint8_t choice = fuzz_control(input);
  made.max_fields = fields[choice & 3];
  made.max_bytes = bytes[choice >> 2 & 3];
  made.max_target = targets[choice >> 4 & 3];
  made.max_extensions = extensions[choice >> 6];
  made.bodiless = fuzz_control(input);
  made.is_secure = made.bodiless >> 7;
  return made;
}

/* Whether the request of a client's is HEAD. */
static int is_bodiless(const connection *of, uint32_t message) {
  return ROLE == NW_ROLE_CLIENT && of->bodiless >> message % 7 & 1;
}

/* A client sends its next request, which may be HEAD, when a response is complete. */
static void ask(connection *of) {
  uint32_t message = of->session->message;
  if (of->asked != message && is_bodiless(of, message)) {
    h1_session_expect_bodiless(of->session);
  }
  of->asked = message;
}

static void on_record(void *context, enum nw_event kind, const uint32_t *words) {
  connection *of = context;
  expect(!of->reason, "record %u behind a refusal", kind);
  if (kind == NW_EVENT_REFUSED) {
    buffer *log = &of->told.log;
    of->reason = words[1];
    /* The reasons are compared apart from the other records: see is_same_reason. */
    memset(log->bytes + log->length - 8, 0, 8);
  } else if (kind == NW_EVENT_HEADERS) {
    uint32_t is_trailer = words[1] == NW_CATEGORY_HEADERS;
    expect(words[0] == of->heads + !is_trailer || of->is_interim, "message %u behind %u", words[0],
           of->heads);
    of->heads = words[0];
  } else {
    expect(kind == NW_EVENT_DATA || kind == NW_EVENT_STREAM_ENDED, "a record of kind %u", kind);
    expect(words[0] == of->heads, "record %u of message %u in message %u", kind, words[0],
           of->heads);
    expect(!is_bodiless(of, of->heads), "record %u of a response to HEAD", kind);
  }
  of->is_interim = kind == NW_EVENT_HEADERS && ROLE == NW_ROLE_CLIENT;
}

static int is_limit(uint32_t reason) {
  return reason == H1_REASON_FIELDS || reason == H1_REASON_TRAILERS ||
         reason == H1_REASON_TARGET_LENGTH || reason == H1_REASON_EXTENSIONS;
}

/*
 * A message that is both too long and malformed is refused for the one or the other: an element
 * that is cut is counted piece by piece, before the parser has seen all of it.
 */
static int is_same_reason(uint32_t left, uint32_t right) {
  return left == right || (left && right && (is_limit(left) || is_limit(right)));
}

static connection open_connection(const config *with) {
  connection made = {0};
  made.session = h1_session_new(ROLE, with->is_secure, with->max_fields, with->max_bytes,
                                with->max_target, with->max_extensions);
  expect(made.session != NULL, "no session");
  made.bodiless = with->bodiless;
  made.told.has_marks = 1;
  ask(&made);
  return made;
}

/* Passes one chunk. Returns the bytes that were taken. */
static size_t receive(connection *to, const uint8_t *bytes, size_t length, uint32_t most) {
  host_put_input(bytes, length);
  host_hide_input(0, to->unread < length ? to->unread : length);
  uint32_t heads = to->heads;
  int taken = h1_session_receive(to->session, (uint32_t)length, most);
  to->unread = nw_region.input_unread;
  to->told.context = to;
  to->told.on_record = on_record;
  teller_read(&to->told, bytes, length);
  if (taken < 0) {
    to->is_dead = 1;
    return length;
  }
  expect((size_t)taken <= length, "%d bytes of %zu were taken", taken, length);
  expect((size_t)taken == length || taken > 0, "a session does not go on");
  expect(!(most == 1 && to->heads > heads + 1), "more messages than were asked for");
  ask(to);
  return (size_t)taken;
}

static void finish(connection *of, int is_half) {
  if (is_half && !of->is_dead) {
    of->is_dead = h1_session_finish(of->session) < 0;
    teller_read(&of->told, NULL, 0);
  }
  h1_session_del(of->session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  host_begin();
  fuzz_input input = fuzz_input_of(data, size);
  config with = read_config(&input);
  int is_half = fuzz_control(&input) & 1;

  connection whole = open_connection(&with);
  for (size_t at = 0; at < input.wire_length && !whole.is_dead;) {
    at += receive(&whole, input.wire + at, input.wire_length - at, ROLE ? 1 : UINT32_MAX);
  }
  finish(&whole, is_half);

  connection cut = open_connection(&with);
  while (input.wire_length && !cut.is_dead) {
    size_t chunk = fuzz_chunk(&input), at = 0;
    uint32_t most = ROLE ? 1 : 1 + fuzz_below(&input, 4);
    while (at < chunk && !cut.is_dead) {
      at += receive(&cut, input.wire + at, chunk - at, most);
    }
    input.wire += chunk;
    input.wire_length -= chunk;
  }
  finish(&cut, is_half);

  expect(whole.is_dead == cut.is_dead, "bytes that are cut end in another way");
  expect(is_same_reason(whole.reason, cut.reason), "refused for %u when whole, for %u when cut",
         whole.reason, cut.reason);
  buffer_expect_same(&whole.told.log, &cut.told.log, 0, "records");
  teller_free(&whole.told);
  teller_free(&cut.told);
  host_end();
  return 0;
}
