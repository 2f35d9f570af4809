/*
 * Rules for what a peer may send that nghttp2 does not check, or that it answers with a connection
 * error where a stream error is enough.
 */
#include "http2.h"

#include "nghttp2_session.h"
#include "nghttp2_time.h"

/*
 * nghttp2's budget of received resets does not count resets that a peer causes. This one does: a
 * peer that keeps sending malformed frames, or header blocks beyond the limits, gets
 * ENHANCE_YOUR_CALM.
 */
int h2_spend_invalid_token(h2_session *session, nghttp2_session *ng) {
  uint32_t seconds = (nw_now - session->invalid_refilled) / 1000;
  if (seconds) {
    uint64_t tokens = session->invalid_tokens + (uint64_t)seconds * session->invalid_rate;
    session->invalid_tokens =
      tokens < session->invalid_burst ? (uint32_t)tokens : session->invalid_burst;
    session->invalid_refilled += seconds * 1000;
  }
  if (session->invalid_tokens) {
    session->invalid_tokens -= 1;
    return 0;
  }
  return nghttp2_session_terminate_session(ng, NGHTTP2_ENHANCE_YOUR_CALM);
}

int h2_note_invalid(h2_session *session, const nghttp2_frame_hd *head, int code) {
  session->counters[H2_COUNT_INVALID_FRAMES] += 1;
  uint32_t *at = nw_event_new(NW_EVENT_FRAME_INVALID, 0, 3);
  if (!at) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  at[0] = head->type;
  at[1] = (uint32_t)head->stream_id;
  at[2] = (uint32_t)code;
  return 0;
}

/* ---- stream identifiers ------------------------------------------------------------------- */

/*
 * RFC 9113 §5.1, §5.1.1: HEADERS or DATA on a stream that the client has ended or reset, or has
 * skipped, are a connection error. They are legal where they may have crossed an RST_STREAM of this
 * side. nghttp2 cannot tell these cases from each other, and ignores the frame. The stages of the
 * last streams of the client, and the last ranges of identifiers that it has skipped, are kept.
 * Frames on older streams are ignored.
 */
enum { NEVER_OPENED, OPENED, ENDED_BY_PEER };

/* The stage of a stream of the client; NULL: the stream is new or too old, or is no such stream. */
static uint8_t *stage_of(h2_session *session, uint32_t id) {
  uint32_t age = ((uint32_t)session->ng->last_recv_stream_id - id) / 2;
  return age < H2_KEPT_STAGES && id & 1 ? &session->stages[id / 2 % H2_KEPT_STAGES] : NULL;
}

void h2_peer_ended(h2_session *session, int32_t id) {
  uint8_t *stage = stage_of(session, (uint32_t)id);
  if (stage) {
    *stage = ENDED_BY_PEER;
  }
}

static int was_skipped(const h2_session *session, uint32_t id) {
  for (uint32_t i = 0; i < H2_SKIPPED_RANGES; ++i) {
    if (id > session->skipped[i].after && id < session->skipped[i].before) {
      return 1;
    }
  }
  return 0;
}

/* The client opens a stream: those between it and the one before are never opened. */
static void note_opened(h2_session *session, uint32_t id, uint32_t last) {
  uint32_t at = (last + 1) / 2;
  if (id > last + 2) {
    session->skipped[session->next_skipped++ % H2_SKIPPED_RANGES] = (h2_range){last, id};
    if (id / 2 - at > H2_KEPT_STAGES) {
      at = id / 2 - H2_KEPT_STAGES;
    }
  }
  for (; at < id / 2; ++at) {
    session->stages[at % H2_KEPT_STAGES] = NEVER_OPENED;
  }
  session->stages[at % H2_KEPT_STAGES] = OPENED;
}

/* Records the frame as invalid for a reason of nghttp2's, and ends the connection with `code`. */
static int end_connection(h2_session *session, const nghttp2_frame_hd *head, int reason,
                          uint32_t code) {
  int result = h2_note_invalid(session, head, reason);
  return result != 0 ? result : nghttp2_session_terminate_session(session->ng, code);
}

/* HEADERS or DATA on a stream of the client that is not new. 0 or NGHTTP2_ERR_*. */
static int check_stage(h2_session *session, const nghttp2_frame_hd *head) {
  uint32_t id = (uint32_t)head->stream_id;
  const uint8_t *stage = stage_of(session, id);
  if (stage ? *stage == NEVER_OPENED : was_skipped(session, id)) {
    return end_connection(session, head, NGHTTP2_ERR_PROTO, NGHTTP2_PROTOCOL_ERROR);
  }
  return stage && *stage == ENDED_BY_PEER
           ? end_connection(session, head, NGHTTP2_ERR_STREAM_CLOSED, NGHTTP2_STREAM_CLOSED)
           : 0;
}

/* ---- frames ------------------------------------------------------------------------------- */

int h2_limit_queue(h2_session *session) {
  return nghttp2_session_get_outbound_queue_size(session->ng) > session->max_outbound_queue
           ? nghttp2_session_terminate_session(session->ng, NGHTTP2_ENHANCE_YOUR_CALM)
           : 0;
}

/*
 * A client has a use for two WINDOW_UPDATE frames for each DATA frame: for the stream and for the
 * connection. nghttp2 takes any number of them. Those beyond what this side has sent are frames
 * without an effect, and cost a token of nghttp2's budget for these.
 */
static int spend_window_update(h2_session *session, nghttp2_session *ng) {
  if (session->window_credit) {
    session->window_credit -= 1;
    return 0;
  }
  nghttp2_ratelim_update(&ng->glitch_ratelim, nghttp2_time_now_sec());
  return nghttp2_ratelim_drain(&ng->glitch_ratelim, 1) == 0
           ? 0
           : nghttp2_session_terminate_session(ng, NGHTTP2_ENHANCE_YOUR_CALM);
}

/*
 * A session that is terminated here ignores the frame and all that follows, wherever the host has
 * cut its input.
 */
int h2_check_frame(nghttp2_session *ng, const nghttp2_frame_hd *head, void *user_data) {
  h2_session *session = user_data;
  uint32_t id = (uint32_t)head->stream_id;
  uint32_t last = (uint32_t)ng->last_recv_stream_id;
  int result = h2_limit_queue(session);
  if (result != 0 || ng->iframe.state == NGHTTP2_IB_IGN_ALL) {
    /* It fails, or has just been terminated. */
  } else if (head->type == NGHTTP2_PRIORITY && id == 0) {
    /* RFC 9113 §6.3 */
    result = end_connection(session, head, NGHTTP2_ERR_PROTO, NGHTTP2_PROTOCOL_ERROR);
  } else if (head->type == NGHTTP2_WINDOW_UPDATE) {
    result = spend_window_update(session, ng);
  } else if (head->type == NGHTTP2_HEADERS && session->role == NW_ROLE_SERVER && id & 1) {
    if (id > last) {
      note_opened(session, id, last);
    } else {
      result = check_stage(session, head);
    }
  }
  return result == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* A type of frame that is not defined, and that nghttp2 ignores. */
#define IGNORED_FRAME 0xff

/*
 * A client (nghttpx, HAProxy) that reads GOAWAY takes back a request that it has not sent, with an
 * RST_STREAM. nghttp2 ends the connection, and the responses under way are lost. Frames on streams
 * beyond the last one of a GOAWAY can be discarded (RFC 9113 §6.8); behind the notice of a shutdown
 * they are discarded, too.
 */
static int is_beyond_goaway(const h2_session *session, int32_t id) {
  return session->role == NW_ROLE_SERVER && session->ng->goaway_flags & NGHTTP2_GOAWAY_SUBMITTED &&
         id & 1 && id > session->ng->last_recv_stream_id;
}

void __real_nghttp2_frame_unpack_frame_hd(nghttp2_frame_hd *head, const uint8_t *bytes);
void __wrap_nghttp2_frame_unpack_frame_hd(nghttp2_frame_hd *head, const uint8_t *bytes);

/*
 * nghttp2 reads the head of a frame. It calls no callback for DATA that it ignores, so DATA is
 * checked here. So is a frame without the pad length that its flags announce, which nghttp2 answers
 * with another code than RFC 9113 §4.2. The linker puts this function in the place of nghttp2's.
 */
void __wrap_nghttp2_frame_unpack_frame_hd(nghttp2_frame_hd *head, const uint8_t *bytes) {
  __real_nghttp2_frame_unpack_frame_hd(head, bytes);
  h2_session *session = h2_receiving;
  if (head->type == NGHTTP2_RST_STREAM && is_beyond_goaway(session, head->stream_id)) {
    head->type = IGNORED_FRAME;
  }
  /* nghttp2 itself ends a connection where another frame stands in the place of CONTINUATION. */
  if (head->type > NGHTTP2_HEADERS || head != &session->ng->iframe.frame.hd) {
    return;
  }
  if (head->flags & NGHTTP2_FLAG_PADDED && head->length == 0) {
    session->head_result =
      end_connection(session, head, NGHTTP2_ERR_FRAME_SIZE_ERROR, NGHTTP2_FRAME_SIZE_ERROR);
  } else if (head->type == NGHTTP2_DATA && session->role == NW_ROLE_SERVER && head->stream_id & 1) {
    session->head_result = check_stage(session, head);
  }
}

/* ---- tunnels ------------------------------------------------------------------------------ */

/* Whether CONNECT was answered with 2xx on the stream (RFC 9113 §8.5). */
static int is_tunnel(h2_session *session, nghttp2_session *ng, int32_t id) {
  if (session->role == NW_ROLE_SERVER) {
    const h2_stream *own = h2_stream_find(session, id);
    return own && own->half_close;
  }
  const nghttp2_stream *stream = nghttp2_session_get_stream(ng, id);
  return stream && (stream->http_flags & NGHTTP2_HTTP_FLAG_METH_CONNECT) &&
         stream->status_code / 100 == 2;
}

/* RFC 9113 §8.5: a HEADERS frame on a tunnel is a stream error. Its fields are not recorded. */
int h2_check_tunnel(h2_session *session, nghttp2_session *ng, const nghttp2_frame *frame) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_HEADERS ||
      !is_tunnel(session, ng, frame->hd.stream_id)) {
    return 0;
  }
  if (nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_PROTOCOL_ERROR) != 0 ||
      h2_note_invalid(session, &frame->hd, NGHTTP2_ERR_PROTO) != 0 ||
      h2_spend_invalid_token(session, ng) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

/* ---- our settings ------------------------------------------------------------------------- */

/* More streams than a connection can have. */
#define UNREACHED_STREAMS 0x80000000U

/*
 * RFC 9113 §5.1.2: a stream beyond SETTINGS_MAX_CONCURRENT_STREAMS is a stream error. nghttp2 makes
 * it a connection error once the setting was acknowledged, and refuses the stream before. With its
 * own limit out of reach it always refuses the stream, and the other streams go on.
 */
void h2_settings_acknowledged(h2_session *session) {
  uint32_t *streams = &session->ng->local_settings.max_concurrent_streams;
  if (*streams != UNREACHED_STREAMS) {
    session->max_concurrent_streams = *streams;
    *streams = UNREACHED_STREAMS;
  }
}

uint32_t h2_local_setting(const h2_session *session, uint32_t id) {
  uint32_t value = nghttp2_session_get_local_settings(session->ng, (nghttp2_settings_id)id);
  return id == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS && value == UNREACHED_STREAMS
           ? session->max_concurrent_streams
           : value;
}

uint64_t h2_header_list_limit(const h2_session *session) {
  uint32_t told = session->ng->local_settings.max_header_list_size;
  return told < session->max_header_bytes ? told : session->max_header_bytes;
}
