/* The shared part of the module: regions, the clock, the texts of versions and errors. */
#include "bridge.h"

#include <stdlib.h>

#include "../hpack/hpack.h"

nw_io nw_region;
uint32_t nw_now;

/* Allocates the regions, once per instance. Returns the address of the nw_io; 0 without memory. */
NW_EXPORT(nw_init) nw_io *nw_init(void) {
  h2_huffman_init();
  nw_region.input_capacity = NW_INPUT_CAPACITY;
  nw_region.input = malloc(NW_INPUT_CAPACITY);
  nw_region.output = malloc(NW_OUTPUT_CAPACITY);
  nw_region.splices = malloc(NW_SPLICE_CAPACITY * 3 * sizeof(uint32_t));
  nw_region.scratch_capacity = NW_SCRATCH_CAPACITY;
  nw_region.scratch = malloc(NW_SCRATCH_CAPACITY);
  nw_region.strings_capacity = NW_STRINGS_CAPACITY;
  nw_region.strings = malloc(NW_STRINGS_CAPACITY);
  if (!nw_region.strings || !nw_region.input || !nw_region.output || !nw_region.splices ||
      !nw_region.scratch) {
    return NULL;
  }
  return &nw_region;
}

/*
 * Makes the scratch region at least `size` bytes long. Its contents are lost. 0, or
 * NGHTTP2_ERR_NOMEM.
 */
NW_EXPORT(nw_scratch_reserve) int nw_scratch_reserve(uint32_t size) {
  if (size <= nw_region.scratch_capacity) {
    return 0;
  }
  uint8_t *larger = malloc(size);
  if (!larger) {
    return NGHTTP2_ERR_NOMEM;
  }
  free(nw_region.scratch);
  nw_region.scratch = larger;
  nw_region.scratch_capacity = size;
  return 0;
}

/* nghttp2's version as a C string. Borrowed until the instance ends. */
NW_EXPORT(nw_version) const char *nw_version(void) {
  return nghttp2_version(0)->version_str;
}

/* The description of an NGHTTP2_ERR_* as a C string. Borrowed until the instance ends. */
NW_EXPORT(nw_strerror) const char *nw_strerror(int code) {
  return nghttp2_strerror(code);
}

/* ---- the clock: nghttp2_time.c is replaced, so that time is an argument -------------------- */

uint64_t nghttp2_time_now_sec(void) {
  return nw_now / 1000;
}
