/* HPACK without HTTP/2 (RFC 7541): the coders of `nghttp2-wasm/hpack`. */
#include "bridge.h"

#include <stdlib.h>

#include "nghttp2_hd.h"

typedef struct {
  nw_account account; /* first: the string cache knows the owner by this address */
  nghttp2_mem mem;    /* the tables keep its address */
  nghttp2_hd_deflater *deflater;
  nghttp2_hd_inflater *inflater;
} h2_hpack;

static h2_hpack *hpack_new(void) {
  h2_hpack *hpack = calloc(1, sizeof(h2_hpack));
  if (hpack) {
    hpack->account.limit = UINT32_MAX;
    hpack->mem = nw_mem(&hpack->account);
  }
  return hpack;
}

/* Frees a coder, complete or not. Its handle is invalid afterwards. */
NW_EXPORT(h2_hpack_del) void h2_hpack_del(h2_hpack *hpack) {
  nw_strings_forget(&hpack->account);
  if (hpack->deflater) {
    nghttp2_hd_deflate_del(hpack->deflater);
  }
  if (hpack->inflater) {
    nghttp2_hd_inflate_del(hpack->inflater);
  }
  free(hpack);
}

/* An encoder whose table never exceeds `table_size` bytes. Owned: free it with h2_hpack_del. */
NW_EXPORT(h2_deflater_new) h2_hpack *h2_deflater_new(uint32_t table_size) {
  h2_hpack *hpack = hpack_new();
  if (hpack && nghttp2_hd_deflate_new2(&hpack->deflater, table_size, &hpack->mem) != 0) {
    hpack->deflater = NULL; /* nghttp2 has freed what it had made */
    h2_hpack_del(hpack);
    return NULL;
  }
  return hpack;
}

/* A decoder. Owned: free it with h2_hpack_del. */
NW_EXPORT(h2_inflater_new) h2_hpack *h2_inflater_new(void) {
  h2_hpack *hpack = hpack_new();
  if (hpack && nghttp2_hd_inflate_new2(&hpack->inflater, &hpack->mem) != 0) {
    hpack->inflater = NULL; /* nghttp2 has freed what it had made */
    h2_hpack_del(hpack);
    return NULL;
  }
  return hpack;
}

NW_EXPORT(h2_hpack_change_table_size)
int h2_hpack_change_table_size(h2_hpack *hpack, uint32_t size) {
  return hpack->deflater ? nghttp2_hd_deflate_change_table_size(hpack->deflater, size)
                         : nghttp2_hd_inflate_change_table_size(hpack->inflater, size);
}

/* The most bytes that the header block of the fields in scratch can have. */
NW_EXPORT(h2_deflate_bound) uint32_t h2_deflate_bound(h2_hpack *hpack, uint32_t count) {
  return nghttp2_hd_deflate_bound(hpack->deflater, (const nghttp2_nv *)nw_region.scratch, count);
}

/* Encodes the fields in scratch as one header block at `to`. Its length, or NGHTTP2_ERR_*. */
NW_EXPORT(h2_deflate)
int h2_deflate(h2_hpack *hpack, uint32_t count, uint8_t *to, uint32_t capacity) {
  return (int)nghttp2_hd_deflate_hd2(hpack->deflater, to, capacity,
                                     (const nghttp2_nv *)nw_region.scratch, count);
}

/*
 * Decodes `length` bytes of the input region into FIELD records. `last` 1: the block ends with
 * them. The bytes taken, or NGHTTP2_ERR_*.
 */
NW_EXPORT(h2_inflate) int h2_inflate(h2_hpack *hpack, uint32_t length, int last) {
  const uint8_t *in = nw_region.input;
  size_t left = length;
  nw_events_clear();
  for (;;) {
    nghttp2_hd_nv field;
    int flags = 0;
    nghttp2_ssize taken = nghttp2_hd_inflate_hd_nv(hpack->inflater, &field, &flags, in, left, last);
    if (taken < 0) {
      return (int)taken;
    }
    in += taken;
    left -= (size_t)taken;
    if (flags & NGHTTP2_HD_INFLATE_EMIT) {
      uint32_t never = field.flags & NGHTTP2_NV_FLAG_NO_INDEX ? NW_FIELD_NEVER_INDEX : 0;
      if (nw_event_field(field.name, field.value, never) != 0) {
        return NGHTTP2_ERR_NOMEM;
      }
    }
    if (flags & NGHTTP2_HD_INFLATE_FINAL) {
      nghttp2_hd_inflate_end_headers(hpack->inflater);
      return (int)length;
    }
    if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && left == 0) {
      return (int)length;
    }
  }
}

/* ---- the dynamic table -------------------------------------------------------------------- */

enum { STATIC_ENTRIES = 61 };

/* Writes the dynamic table, newest first, as FIELD records. 0, or NGHTTP2_ERR_NOMEM. */
NW_EXPORT(h2_hpack_table) int h2_hpack_table(h2_hpack *hpack) {
  nw_events_clear();
  size_t count = hpack->deflater ? nghttp2_hd_deflate_get_num_table_entries(hpack->deflater)
                                 : nghttp2_hd_inflate_get_num_table_entries(hpack->inflater);
  for (size_t index = STATIC_ENTRIES + 1; index <= count; ++index) {
    const nghttp2_nv *entry = hpack->deflater
                                ? nghttp2_hd_deflate_get_table_entry(hpack->deflater, index)
                                : nghttp2_hd_inflate_get_table_entry(hpack->inflater, index);
    uint32_t *at = nw_event_new(
      NW_EVENT_FIELD, 0, 2 + nw_bytes_words(entry->namelen) + nw_bytes_words(entry->valuelen));
    if (!at) {
      return NGHTTP2_ERR_NOMEM;
    }
    *at = NW_NEW_STRING | NW_NO_SLOT;
    at = nw_put_bytes(at + 1, entry->name, entry->namelen);
    *at = NW_NEW_STRING | NW_NO_SLOT;
    nw_put_bytes(at + 1, entry->value, entry->valuelen);
  }
  return 0;
}
