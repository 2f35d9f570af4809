/* The exports of a session of HTTP/2: creation, input, output, questions, deletion. */
#include "http2.h"

#include <stdlib.h>
#include <string.h>

#include "nghttp2_session.h"

h2_session *h2_receiving;

static uint64_t random_state;

/* splitmix64: derives the bytes that nghttp2 asks for from the seed. */
void h2_random(uint8_t *to, size_t length) {
  while (length) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    size_t taken = length < sizeof z ? length : sizeof z;
    memcpy(to, &z, taken);
    to += taken;
    length -= taken;
  }
}

static nghttp2_option *options_of(const h2_config *config) {
  nghttp2_option *option;
  if (nghttp2_option_new(&option) != 0) {
    return NULL;
  }
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_auto_ping_ack(option, !!(config->options & H2_OPTION_NO_AUTO_PING_ACK));
  nghttp2_option_set_no_http_messaging(option, !!(config->options & H2_OPTION_NO_HTTP_MESSAGING));
  nghttp2_option_set_no_recv_client_magic(option, !!(config->options & H2_OPTION_NO_CLIENT_MAGIC));
  nghttp2_option_set_max_deflate_dynamic_table_size(option, config->max_deflate_table);
  nghttp2_option_set_max_send_header_block_length(option, config->max_send_header_block);
  nghttp2_option_set_max_outbound_ack(option, config->max_outbound_ack);
  nghttp2_option_set_max_settings(option, config->max_settings);
  nghttp2_option_set_max_continuations(option, config->max_continuations);
  nghttp2_option_set_max_reserved_remote_streams(option, config->max_reserved_remote);
  nghttp2_option_set_peer_max_concurrent_streams(option, config->peer_max_concurrent);
  nghttp2_option_set_stream_reset_rate_limit(option, config->reset_burst, config->reset_rate);
  nghttp2_option_set_glitch_rate_limit(option, config->glitch_burst, config->glitch_rate);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_ALTSVC);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_ORIGIN);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
  if (config->options & H2_OPTION_RECV_EXTENSIONS) {
    for (int type = NGHTTP2_CONTINUATION + 1; type <= 0xff; ++type) {
      if (h2_is_unknown((uint32_t)type)) {
        nghttp2_option_set_user_recv_extension_type(option, (uint8_t)type);
      }
    }
  }
  return option;
}

static int free_stream(void *stream, void *session) {
  h2_stream_free(session, stream);
  return 0;
}

/* Frees a session and all it holds, complete or not. Its handle is invalid afterwards. */
NW_EXPORT(h2_session_del) void h2_session_del(h2_session *session) {
  nw_strings_forget(&session->account);
  nghttp2_map_each(&session->streams, free_stream, session);
  nghttp2_map_free(&session->streams);
  while (session->payloads) {
    h2_payload_del(session, session->payloads);
  }
  nw_free(&session->account, session->extension);
  nghttp2_session_del(session->ng);
  free(session);
}

/* Makes a session from the h2_config in scratch. Owned: free it with h2_session_del. 0 without
 * memory. */
NW_EXPORT(h2_session_new) h2_session *h2_session_new(void) {
  const h2_config *config = (const h2_config *)nw_region.scratch;
  nghttp2_session_callbacks *callbacks = h2_callbacks();
  h2_session *session = callbacks ? calloc(1, sizeof(h2_session)) : NULL;
  if (!session) {
    return NULL;
  }
  nw_now = config->now;
  random_state = (uint64_t)config->seed[0] << 32 | config->seed[1];
  session->account.limit = config->memory_limit;
  session->role = config->role;
  session->options = config->options;
  session->event_mask = config->event_mask;
  session->max_padding = config->max_padding;
  session->max_header_fields = config->max_header_fields;
  session->max_header_bytes = config->max_header_bytes;
  session->max_outbound_queue = config->max_outbound_queue;
  session->invalid_tokens = session->invalid_burst = config->reset_burst;
  session->invalid_rate = config->reset_rate;
  session->invalid_refilled = nw_now;
  session->mem = nw_mem(&session->account);
  nghttp2_map_init(&session->streams, config->seed[0], &session->mem);
  nghttp2_option *option = options_of(config);
  int result =
    !option ? NGHTTP2_ERR_NOMEM
    : config->role == NW_ROLE_CLIENT
      ? nghttp2_session_client_new3(&session->ng, callbacks, session, option, &session->mem)
      : nghttp2_session_server_new3(&session->ng, callbacks, session, option, &session->mem);
  nghttp2_option_del(option);
  if (result != 0) {
    session->ng = NULL; /* nghttp2 has freed what it had made */
    h2_session_del(session);
    return NULL;
  }
  return session;
}

/*
 * The number of payload bytes of a DATA frame that come next; 0 where a frame begins; UINT32_MAX
 * inside another frame. The module does not read the payload of DATA (its record is a range of the
 * host's chunk), so the host need not copy it.
 */
static uint32_t unread(const nghttp2_session *ng) {
  const nghttp2_inbound_frame *frame = &ng->iframe;
  switch (frame->state) {
  case NGHTTP2_IB_READ_DATA:
  case NGHTTP2_IB_IGN_DATA:
    return (uint32_t)frame->payloadleft;
  case NGHTTP2_IB_READ_HEAD:
    return nghttp2_buf_mark_avail(&frame->sbuf) == NGHTTP2_FRAME_HDLEN ? 0 : UINT32_MAX;
  default:
    return UINT32_MAX;
  }
}

/*
 * Sets `ending` and `ending_code`: whether a GOAWAY that ends the session is queued or sent, and
 * the error code of a queued one.
 */
static void note_ending(const nghttp2_session *ng) {
  nw_region.ending = !!(ng->goaway_flags & NGHTTP2_GOAWAY_TERM_ON_SEND);
  nw_region.ending_code = NGHTTP2_NO_ERROR;
  if (!nw_region.ending) {
    return;
  }
  for (const nghttp2_outbound_item *item = ng->ob_reg.head; item; item = item->qnext) {
    if (item->frame.hd.type == NGHTTP2_GOAWAY &&
        item->aux_data.goaway.flags & NGHTTP2_GOAWAY_AUX_TERM_ON_SEND) {
      nw_region.ending_code = item->frame.goaway.error_code;
    }
  }
}

/*
 * Parses `length` bytes of the input region and appends their records. Where a request begins after
 * `most` others, parsing stops and the host passes the rest again. `now` is in milliseconds of any
 * clock that does not run backwards. Returns the number of bytes taken, or an NGHTTP2_ERR_*, which
 * is fatal to the session.
 */
NW_EXPORT(h2_session_receive)
int h2_session_receive(h2_session *session, uint32_t length, uint32_t now, uint32_t most) {
  nw_now = now;
  nw_events_clear();
  session->requests_left = most;
  session->block_is_split = 1;
  h2_receiving = session;
  nghttp2_ssize taken = nghttp2_session_mem_recv2(session->ng, nw_region.input, length);
  const nghttp2_inbound_frame *frame = &session->ng->iframe;
  if (taken >= 0 && frame->state == NGHTTP2_IB_READ_HEADER_BLOCK && frame->payloadleft == 0) {
    /* Paused after the last byte of a block, whose end nghttp2 has not processed yet. */
    nghttp2_ssize result = nghttp2_session_mem_recv2(session->ng, nw_region.input, 0);
    taken = result < 0 ? result : taken;
  }
  nw_region.input_unread = unread(session->ng);
  if (taken >= 0) {
    int result = session->head_result ? session->head_result : h2_limit_queue(session);
    taken = result < 0 ? result : taken;
  }
  note_ending(session->ng);
  return (int)taken;
}

static int put_output(h2_session *session, const uint8_t *bytes, size_t length) {
  if (nw_region.output_length + length > NW_OUTPUT_CAPACITY) {
    session->pending = bytes;
    session->pending_length = length;
    nw_region.output_more = 1;
    return 0;
  }
  memcpy(nw_region.output + nw_region.output_length, bytes, length);
  nw_region.output_length += (uint32_t)length;
  session->send_budget -= length < session->send_budget ? length : session->send_budget;
  return 1;
}

/*
 * Writes the bytes to send into the output region, about `most` of them (spliced bodies count), and
 * the places of spliced bodies into the splices. Appends records, for example of streams that
 * close. 0, or an NGHTTP2_ERR_*, which is fatal to the session.
 */
NW_EXPORT(h2_session_send) int h2_session_send(h2_session *session, uint32_t most, uint32_t now) {
  nw_now = now;
  nw_events_clear();
  nw_region.output_length = nw_region.splice_count = nw_region.output_more = 0;
  session->send_budget = most ? most : 1;
  if (session->pending) {
    const uint8_t *pending = session->pending;
    session->pending = NULL;
    put_output(session, pending, session->pending_length);
  }
  /* Ends are sent first, so that long bodies of other streams do not delay them. */
  int result = h2_ends_send(session);
  while (result == 0) {
    if (session->send_budget == 0) {
      nw_region.output_more = 1;
      return 0;
    }
    const uint8_t *bytes;
    nghttp2_ssize length = nghttp2_session_mem_send2(session->ng, &bytes);
    if (length < 0) {
      return (int)length;
    }
    if (length == 0) {
      /* Messages whose HEADERS were just sent may have ended too. */
      if (nw_region.output_more || !h2_ends_wait(session)) {
        return 0;
      }
      result = h2_ends_send(session);
      continue;
    }
    if (!put_output(session, bytes, (size_t)length)) {
      return 0;
    }
  }
  return result;
}

/* ---- questions ---------------------------------------------------------------------------- */

static int stream_state(nghttp2_session *ng, int32_t id) {
  if (!nghttp2_session_find_stream(ng, id)) {
    return 0;
  }
  return 1 + (nghttp2_session_get_stream_local_close(ng, id) == 1) +
         2 * (nghttp2_session_get_stream_remote_close(ng, id) == 1);
}

static int stream_priority(nghttp2_session *ng, int32_t id) {
  nghttp2_extpri priority;
  int result = nghttp2_session_get_extpri_stream_priority(ng, &priority, id);
  return result == 0 ? (int)priority.urgency | (priority.inc ? 8 : 0) : result;
}

static int partial_frame(const nghttp2_session *ng) {
  switch (ng->iframe.state) {
  case NGHTTP2_IB_READ_HEAD:
    return nghttp2_buf_len(&ng->iframe.sbuf) ? H2_PARTIAL_OTHER : H2_PARTIAL_NONE;
  case NGHTTP2_IB_IGN_ALL:
    return H2_PARTIAL_NONE;
  case NGHTTP2_IB_READ_PAD_DATA:
  case NGHTTP2_IB_READ_DATA:
  case NGHTTP2_IB_IGN_DATA:
    return H2_PARTIAL_DATA;
  default:
    return H2_PARTIAL_OTHER;
  }
}

/* Answers one H2_ASK_*; `argument` is a stream id, a setting or a counter. */
NW_EXPORT(h2_session_ask)
int h2_session_ask(h2_session *session, uint32_t question, int32_t argument) {
  nghttp2_session *ng = session->ng;
  switch (question) {
  case H2_ASK_WANT_READ:
    return nghttp2_session_want_read(ng);
  case H2_ASK_WANT_WRITE:
    return session->pending || nghttp2_session_want_write(ng) || h2_ends_wait(session);
  case H2_ASK_REMOTE_WINDOW:
    return nghttp2_session_get_remote_window_size(ng);
  case H2_ASK_LOCAL_WINDOW:
    return nghttp2_session_get_local_window_size(ng);
  case H2_ASK_RECEIVED_UNCONSUMED:
    return nghttp2_session_get_effective_recv_data_length(ng);
  case H2_ASK_STREAM_REMOTE_WINDOW:
    return nghttp2_session_get_stream_remote_window_size(ng, argument);
  case H2_ASK_STREAM_LOCAL_WINDOW:
    return nghttp2_session_get_stream_local_window_size(ng, argument);
  case H2_ASK_STREAM_RECEIVED_UNCONSUMED:
    return nghttp2_session_get_stream_effective_recv_data_length(ng, argument);
  case H2_ASK_OUTBOUND_QUEUE:
    return (int)nghttp2_session_get_outbound_queue_size(ng);
  case H2_ASK_DEFLATE_TABLE:
    return (int)nghttp2_session_get_hd_deflate_dynamic_table_size(ng);
  case H2_ASK_INFLATE_TABLE:
    return (int)nghttp2_session_get_hd_inflate_dynamic_table_size(ng);
  case H2_ASK_LAST_PROCESSED_STREAM:
    return nghttp2_session_get_last_proc_stream_id(ng);
  case H2_ASK_NEXT_STREAM:
    return (int)nghttp2_session_get_next_stream_id(ng);
  case H2_ASK_STREAM_STATE:
    return stream_state(ng, argument);
  case H2_ASK_MEMORY_USED:
    return (int)session->account.used;
  case H2_ASK_REQUEST_ALLOWED:
    return nghttp2_session_check_request_allowed(ng);
  case H2_ASK_COUNTER:
    return (uint32_t)argument < 8 ? (int)session->counters[argument] : 0;
  case H2_ASK_REMOTE_SETTING:
    return (int)nghttp2_session_get_remote_settings(ng, (nghttp2_settings_id)argument);
  case H2_ASK_LOCAL_SETTING:
    return (int)h2_local_setting(session, (uint32_t)argument);
  case H2_ASK_PRIORITY:
    return stream_priority(ng, argument);
  case H2_ASK_PARTIAL_FRAME:
    return partial_frame(ng);
  default:
    return NGHTTP2_ERR_INVALID_ARGUMENT;
  }
}
