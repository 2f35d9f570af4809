/*
 * The exports that queue frames. A field list is an array of nghttp2_nv at the start of scratch,
 * written by the host with the addresses of strings anywhere in memory. nghttp2 copies it before
 * the export returns.
 */
#include "http2.h"

#include <stdlib.h>
#include <string.h>

#include "marks.h"

_Static_assert(sizeof(nghttp2_nv) == 20, "src/common/fields.ts writes 20-byte nghttp2_nv");
_Static_assert(offsetof(nghttp2_nv, namelen) == 8 && offsetof(nghttp2_nv, flags) == 16,
               "src/common/fields.ts writes name, value, namelen, valuelen, flags");

static const nghttp2_nv *scratch_fields(void) {
  return (const nghttp2_nv *)nw_region.scratch;
}

enum { BODY_KIND = H2_BODY_HELD | H2_BODY_CREDIT };

static const nghttp2_data_provider2 provider = {{.ptr = NULL}, h2_stream_read};

static h2_stream *body_new(h2_session *session, uint32_t flags, const uint8_t *body,
                           uint32_t length) {
  h2_stream *stream =
    h2_stream_new(session, (flags & BODY_KIND) == H2_BODY_HELD ? body : NULL, length);
  if (stream) {
    stream->half_close = !!(flags & H2_BODY_HALF_CLOSE);
  }
  return stream;
}

static int is_peers(const h2_session *session, int32_t id) {
  return (id & 1) == (session->role == NW_ROLE_SERVER);
}

/*
 * Whether a stream of the peer has closed or was never opened. A promised stream opens when its
 * PUSH_PROMISE is sent.
 */
static int is_gone(const h2_session *session, int32_t id) {
  return is_peers(session, id) && !nghttp2_session_find_stream(session->ng, id);
}

static int is_answered(const h2_session *session, int32_t id) {
  const nghttp2_stream *stream = nghttp2_session_get_stream(session->ng, id);
  return stream && h2_stream_marks(stream) & H2_ANSWERED_BIT;
}

/* 0, or an NGHTTP2_ERR_* where stream `id` takes no response. `stream`: NULL where it is not
 * open. */
static int check_answerable(h2_session *session, int32_t id, const nghttp2_stream *stream) {
  if (session->is_terminated) {
    return NGHTTP2_ERR_SESSION_CLOSING;
  }
  if (!stream && is_gone(session, id)) {
    return NGHTTP2_ERR_STREAM_CLOSED;
  }
  int has_answer = stream && h2_stream_marks(stream) & H2_ANSWERED_BIT;
  /* An open stream of the peer has no body before its response. */
  int has_no_body = stream && is_peers(session, id) && !has_answer;
  if (!has_no_body && h2_stream_find(session, id)) {
    return NGHTTP2_ERR_DATA_EXIST;
  }
  return has_answer ? NGHTTP2_ERR_INVALID_STREAM_STATE : 0;
}

/*
 * Answers stream `id` with `count` fields. `body` and `length`: the bytes of a H2_BODY_HELD. 0 or
 * NGHTTP2_ERR_*.
 */
NW_EXPORT(h2_submit_response)
int h2_submit_response(h2_session *session, int32_t id, const nghttp2_nv *fields, uint32_t count,
                       uint32_t flags, const uint8_t *body, uint32_t length) {
  nghttp2_stream *open = nghttp2_session_get_stream(session->ng, id);
  int result = check_answerable(session, id, open);
  if (result != 0) {
    return result;
  }
  h2_stream *stream = NULL;
  if ((flags & BODY_KIND) != H2_BODY_NONE) {
    stream = body_new(session, flags, body, length);
    if (!stream || h2_stream_attach(session, stream, id) != 0) {
      h2_stream_free(session, stream);
      return NGHTTP2_ERR_NOMEM;
    }
  }
  result = nghttp2_submit_response2(session->ng, id, fields, count, stream ? &provider : NULL);
  if (result != 0 && stream) {
    h2_stream_del(session, stream);
  }
  if (result == 0 && open) {
    h2_stream_mark(open, h2_stream_marks(open) | H2_ANSWERED_BIT);
  }
  return result;
}

/* Opens a stream with the fields in scratch, as h2_submit_response. Its id, or NGHTTP2_ERR_*. */
NW_EXPORT(h2_submit_request)
int h2_submit_request(h2_session *session, uint32_t count, uint32_t flags, const uint8_t *body,
                      uint32_t length) {
  nghttp2_session *ng = session->ng;
  if (session->is_terminated) {
    return NGHTTP2_ERR_SESSION_CLOSING;
  }
  if (ng->goaway_flags & NGHTTP2_GOAWAY_RECV) {
    return NGHTTP2_ERR_START_STREAM_NOT_ALLOWED;
  }
  if ((flags & BODY_KIND) == H2_BODY_NONE) {
    return nghttp2_submit_request2(ng, NULL, scratch_fields(), count, NULL, NULL);
  }
  h2_stream *stream = body_new(session, flags, body, length);
  if (!stream ||
      h2_stream_attach(session, stream, (int32_t)nghttp2_session_get_next_stream_id(ng))) {
    h2_stream_free(session, stream);
    return NGHTTP2_ERR_NOMEM;
  }
  int32_t id = nghttp2_submit_request2(ng, NULL, scratch_fields(), count, &provider, NULL);
  if (id < 0) {
    h2_stream_del(session, stream);
  }
  return id;
}

/* Submits a HEADERS frame without END_STREAM: a 1xx response (RFC 9110 §15.2). */
NW_EXPORT(h2_submit_informational)
int h2_submit_informational(h2_session *session, int32_t id, uint32_t count) {
  if (session->is_terminated) {
    return NGHTTP2_ERR_SESSION_CLOSING;
  }
  if (is_gone(session, id)) {
    return NGHTTP2_ERR_STREAM_CLOSED;
  }
  if (is_answered(session, id)) {
    return NGHTTP2_ERR_INVALID_STREAM_STATE;
  }
  return nghttp2_submit_headers(session->ng, NGHTTP2_FLAG_NONE, id, NULL, scratch_fields(), count,
                                NULL);
}

/* Promises a response to the request in scratch. The promised stream's id, or NGHTTP2_ERR_*. */
NW_EXPORT(h2_submit_push_promise)
int h2_submit_push_promise(h2_session *session, int32_t id, uint32_t count) {
  if (session->is_terminated) {
    return NGHTTP2_ERR_SESSION_CLOSING;
  }
  if (session->ng->goaway_flags & NGHTTP2_GOAWAY_RECV) {
    return NGHTTP2_ERR_START_STREAM_NOT_ALLOWED;
  }
  if (!nghttp2_session_get_remote_settings(session->ng, NGHTTP2_SETTINGS_ENABLE_PUSH)) {
    return NGHTTP2_ERR_PUSH_DISABLED;
  }
  if (is_gone(session, id)) {
    return NGHTTP2_ERR_STREAM_CLOSED;
  }
  return nghttp2_submit_push_promise(session->ng, NGHTTP2_FLAG_NONE, id, scratch_fields(), count,
                                     NULL);
}

/* The settings in scratch: pairs of an identifier and a value. */
static const nghttp2_settings_entry *scratch_settings(void) {
  _Static_assert(sizeof(nghttp2_settings_entry) == 8,
                 "src/engine/http2/settings.ts writes word pairs");
  return (const nghttp2_settings_entry *)nw_region.scratch;
}

NW_EXPORT(h2_submit_settings) int h2_submit_settings(h2_session *session, uint32_t count) {
  return nghttp2_submit_settings(session->ng, NGHTTP2_FLAG_NONE, scratch_settings(), count);
}

/* Writes a SETTINGS payload for HTTP2-Settings into the output region. Its length, or
 * NGHTTP2_ERR_*. */
NW_EXPORT(h2_pack_settings) int h2_pack_settings(uint32_t count) {
  return (int)nghttp2_pack_settings_payload2(nw_region.output, NW_OUTPUT_CAPACITY,
                                             scratch_settings(), count);
}

/* Makes stream 1 of the request that asked for `Upgrade: h2c`; the SETTINGS payload is in scratch.
 */
NW_EXPORT(h2_session_upgrade)
int h2_session_upgrade(h2_session *session, uint32_t length, int head_request) {
  int result = nghttp2_session_upgrade2(session->ng, nw_region.scratch, length, head_request, NULL);
  if (result == 0) {
    h2_peer_ended(session, 1);
  }
  return result;
}

NW_EXPORT(h2_submit_rst_stream)
int h2_submit_rst_stream(h2_session *session, int32_t id, uint32_t code) {
  return nghttp2_submit_rst_stream(session->ng, NGHTTP2_FLAG_NONE, id, code);
}

/* The eight opaque bytes are in scratch. */
NW_EXPORT(h2_submit_ping) int h2_submit_ping(h2_session *session, int ack) {
  return nghttp2_submit_ping(session->ng, ack ? NGHTTP2_FLAG_ACK : NGHTTP2_FLAG_NONE,
                             nw_region.scratch);
}

/* `length` bytes of debug data are in scratch. */
NW_EXPORT(h2_submit_goaway)
int h2_submit_goaway(h2_session *session, int32_t last_stream, uint32_t code, uint32_t length) {
  return nghttp2_submit_goaway(session->ng, NGHTTP2_FLAG_NONE, last_stream, code,
                               length ? nw_region.scratch : NULL, length);
}

/* GOAWAY with the largest stream identifier: asks for no more requests. No request is refused
 * yet. */
NW_EXPORT(h2_submit_shutdown_notice) int h2_submit_shutdown_notice(h2_session *session) {
  return nghttp2_submit_shutdown_notice(session->ng);
}

/* GOAWAY; the session ends once it has been sent. */
NW_EXPORT(h2_session_terminate) int h2_session_terminate(h2_session *session, uint32_t code) {
  session->is_terminated = 1;
  return nghttp2_session_terminate_session(session->ng, code);
}

NW_EXPORT(h2_change_priority)
int h2_change_priority(h2_session *session, int32_t id, uint32_t urgency, int incremental,
                       int ignore_client) {
  nghttp2_extpri priority = {urgency, incremental};
  return nghttp2_session_change_extpri_stream_priority(session->ng, id, &priority, ignore_client);
}

/* RFC 9218 §7.1; the field value is in scratch. */
NW_EXPORT(h2_submit_priority_update)
int h2_submit_priority_update(h2_session *session, int32_t id, uint32_t length) {
  return nghttp2_submit_priority_update(session->ng, NGHTTP2_FLAG_NONE, id, nw_region.scratch,
                                        length);
}

/* RFC 7838 §4; the origin and, after it, the field value are in scratch. */
NW_EXPORT(h2_submit_altsvc)
int h2_submit_altsvc(h2_session *session, int32_t id, uint32_t origin_length,
                     uint32_t value_length) {
  return nghttp2_submit_altsvc(session->ng, NGHTTP2_FLAG_NONE, id, nw_region.scratch, origin_length,
                               nw_region.scratch + origin_length, value_length);
}

/* RFC 8336 §2; in scratch: `count` times an address and a length. */
NW_EXPORT(h2_submit_origin) int h2_submit_origin(h2_session *session, uint32_t count) {
  _Static_assert(sizeof(nghttp2_origin_entry) == 8, "an address and a length");
  return nghttp2_submit_origin(session->ng, NGHTTP2_FLAG_NONE,
                               (const nghttp2_origin_entry *)nw_region.scratch, count);
}

void h2_payload_del(h2_session *session, h2_payload *payload) {
  *payload->link = payload->next;
  if (payload->next) {
    payload->next->link = payload->link;
  }
  nw_free(&session->account, payload);
}

/* A frame of a type that nghttp2 does not know (RFC 9113 §5.5); its payload is in scratch. */
NW_EXPORT(h2_submit_extension)
int h2_submit_extension(h2_session *session, uint32_t type, uint32_t flags, int32_t id,
                        uint32_t length) {
  if (!h2_is_unknown(type)) {
    return NGHTTP2_ERR_INVALID_ARGUMENT;
  }
  h2_payload *payload = nw_alloc(&session->account, sizeof(h2_payload) + length);
  if (!payload) {
    return NGHTTP2_ERR_NOMEM;
  }
  payload->length = length;
  memcpy(payload->bytes, nw_region.scratch, length);
  payload->next = session->payloads;
  payload->link = &session->payloads;
  if (payload->next) {
    payload->next->link = &payload->next;
  }
  session->payloads = payload;
  int result = nghttp2_submit_extension(session->ng, (uint8_t)type, (uint8_t)flags, id, payload);
  if (result != 0) {
    h2_payload_del(session, payload);
  }
  return result;
}
