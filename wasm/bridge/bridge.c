/* The ground both sides stand on: regions, the clock, version and error texts. */
#include "bridge.h"

#include <stdlib.h>

h2_io h2_region;
uint32_t h2_now;

/* Allocates the regions, once per instance. Returns the address of the h2_io; 0 without memory. */
H2_EXPORT(h2_init) h2_io *h2_init(void) {
  h2_huffman_init();
  h2_region.input_capacity = H2_INPUT_CAPACITY;
  h2_region.input = malloc(H2_INPUT_CAPACITY);
  h2_region.output = malloc(H2_OUTPUT_CAPACITY);
  h2_region.splices = malloc(H2_SPLICE_CAPACITY * 3 * sizeof(uint32_t));
  h2_region.scratch_capacity = H2_SCRATCH_CAPACITY;
  h2_region.scratch = malloc(H2_SCRATCH_CAPACITY);
  h2_region.strings_capacity = H2_STRINGS_CAPACITY;
  h2_region.strings = malloc(H2_STRINGS_CAPACITY);
  if (!h2_region.strings || !h2_region.input || !h2_region.output || !h2_region.splices ||
      !h2_region.scratch) {
    return NULL;
  }
  return &h2_region;
}

/* Makes the scratch region at least `size` bytes. Its contents are lost. 0, or NGHTTP2_ERR_NOMEM.
 */
H2_EXPORT(h2_scratch_reserve) int h2_scratch_reserve(uint32_t size) {
  if (size <= h2_region.scratch_capacity) {
    return 0;
  }
  uint8_t *larger = malloc(size);
  if (!larger) {
    return NGHTTP2_ERR_NOMEM;
  }
  free(h2_region.scratch);
  h2_region.scratch = larger;
  h2_region.scratch_capacity = size;
  return 0;
}

/* nghttp2's version, as text. Borrowed for ever. */
H2_EXPORT(h2_version) const char *h2_version(void) {
  return nghttp2_version(0)->version_str;
}

/* What an NGHTTP2_ERR_* means, as text. Borrowed for ever. */
H2_EXPORT(h2_strerror) const char *h2_strerror(int code) {
  return nghttp2_strerror(code);
}

/* ---- the clock: nghttp2_time.c is replaced, so that time is an argument -------------------- */

uint64_t nghttp2_time_now_sec(void) {
  return h2_now / 1000;
}
