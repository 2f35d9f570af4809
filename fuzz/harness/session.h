/* One session of HTTP/2 as its host sees it, for the fuzzers of a server and of a client. */
#ifndef NGHTTP2_WASM_FUZZ_SESSION_H
#define NGHTTP2_WASM_FUZZ_SESSION_H

#include "host.h"
#include "http2.h"

/* ---- exports ------------------------------------------------------------------------------------
 */

h2_session *h2_session_new(void);
void h2_session_del(h2_session *session);
int h2_session_receive(h2_session *session, uint32_t length, uint32_t now, uint32_t most);
int h2_session_send(h2_session *session, uint32_t most, uint32_t now);
int h2_session_ask(h2_session *session, uint32_t question, int32_t argument);
int h2_session_upgrade(h2_session *session, uint32_t length, int head_request);
int h2_session_terminate(h2_session *session, uint32_t code);
int h2_submit_request(h2_session *session, uint32_t count, uint32_t flags, const uint8_t *body,
                      uint32_t length);
int h2_submit_response(h2_session *session, int32_t id, const nghttp2_nv *fields, uint32_t count,
                       uint32_t flags, const uint8_t *body, uint32_t length);
int h2_submit_informational(h2_session *session, int32_t id, uint32_t count);
int h2_submit_trailers(h2_session *session, int32_t id, uint32_t count);
int h2_submit_push_promise(h2_session *session, int32_t id, uint32_t count);
int h2_submit_settings(h2_session *session, uint32_t count);
int h2_submit_rst_stream(h2_session *session, int32_t id, uint32_t code);
int h2_submit_ping(h2_session *session, int ack);
int h2_submit_goaway(h2_session *session, int32_t last_stream, uint32_t code, uint32_t length);
int h2_submit_shutdown_notice(h2_session *session);
int h2_submit_window_update(h2_session *session, int32_t id, int32_t increment);
int h2_submit_priority_update(h2_session *session, int32_t id, uint32_t length);
int h2_submit_altsvc(h2_session *session, int32_t id, uint32_t origin_length,
                     uint32_t value_length);
int h2_submit_origin(h2_session *session, uint32_t count);
int h2_submit_extension(h2_session *session, uint32_t type, uint32_t flags, int32_t id,
                        uint32_t length);
int h2_stream_credit(h2_session *session, int32_t id, uint32_t bytes, int last);
int h2_stream_push(h2_session *session, int32_t id, uint32_t length, int last);
int h2_set_local_window(h2_session *session, int32_t id, int32_t size);
int h2_consume(h2_session *session, int32_t id, uint32_t bytes);
int h2_discard(h2_session *session, int32_t id, uint32_t bytes);
int h2_change_priority(h2_session *session, int32_t id, uint32_t urgency, int incremental,
                       int ignore_client);
int h2_pack_settings(uint32_t count);

/* ---- the host
 * ------------------------------------------------------------------------------------ */

enum { MOST_BODIES = 64, MOST_STREAMS = 64, UNKNOWN_UNREAD = 0xffffffff };

/* The bytes of a stream's body that the host has given and that were not sent. */
typedef struct {
  int32_t id; /* 0: free */
  uint32_t credit, pieces;
  int is_loose; /* memory ran out within a verb: the numbers may be too small */
} host_body;

/* What was sent on a stream. */
typedef struct {
  int32_t id;
  uint8_t has_ended, was_reset;
} sent_stream;

typedef struct {
  h2_session *session;
  teller told;
  uint32_t unread, now, is_quiet, may_starve;
  int is_dead;
  int32_t ids[16]; /* streams of which the host was told, or that it opened */
  uint32_t id_count;
  host_body bodies[MOST_BODIES];
  sent_stream sent[MOST_STREAMS];
  uint32_t sent_count;
  int32_t block; /* the stream of a header block that is not complete */
  int has_preface;
  buffer output; /* kept where `keeps_output` */
  int keeps_output;
} peer;

/* Makes a session with the options and limits that control bytes choose. */
peer *peer_new(fuzz_input *controls, int keeps_output);
void peer_free(peer *of);
/* Passes a chunk to the session, all of it: a session that pauses gets the rest again. */
void peer_receive(peer *to, const uint8_t *bytes, size_t length, uint32_t most);
/* Takes output until there is none, `most` bytes at a time. */
void peer_send(peer *of, uint32_t most);
/* Notes a stream as one that verbs may be called with. */
void peer_note_stream(peer *to, int32_t id);

host_body *body_find(peer *of, int32_t id);
/* A body without bytes; NULL where there are too many. */
host_body *body_new(peer *of, int32_t id);

/* Calls the verb that control bytes choose. */
void call_verb(peer *of, fuzz_input *controls);
/* Opens a stream with the request that control bytes choose. */
void call_request(peer *of, fuzz_input *controls);
/* Where a control byte says so, some of the next allocations fail, until the next call ends. */
void maybe_starve(fuzz_input *controls);
/* Checks what h2_session_send has written, and notes which bytes of bodies were sent. */
void check_output(peer *of);

#endif
