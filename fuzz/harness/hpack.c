/*
 * HPACK by itself: a decoder gets the blocks of the wire bytes, cut in pieces; another gets them
 * whole. Both must tell the same fields. What was decoded is encoded and decoded again.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "strings.h"

typedef struct h2_hpack h2_hpack;
h2_hpack *h2_deflater_new(uint32_t table_size);
h2_hpack *h2_inflater_new(void);
void h2_hpack_del(h2_hpack *hpack);
int h2_hpack_change_table_size(h2_hpack *hpack, uint32_t size);
int h2_hpack_table(h2_hpack *hpack);
uint32_t h2_deflate_bound(h2_hpack *hpack, uint32_t count);
int h2_deflate(h2_hpack *hpack, uint32_t count, uint8_t *to, uint32_t capacity);
int h2_inflate(h2_hpack *hpack, uint32_t length, int last);

/* Decodes one block in pieces, or whole. Returns whether it is valid. */
static int inflate(h2_hpack *hpack, teller *to, fuzz_input block, int is_cut,
                   fuzz_input *controls) {
  do {
    size_t size = block.wire_length;
    if (is_cut && size) {
      controls->wire_length = size;
      size = fuzz_chunk(controls);
    }
    int last = size == block.wire_length;
    host_put_input(block.wire, size);
    int result = h2_inflate(hpack, (uint32_t)size, last);
    teller_read(to, block.wire, size);
    if (result < 0) {
      return 0;
    }
    expect((size_t)result == size, "%zu bytes of a block, %d were taken", size, result);
    block.wire += size;
    block.wire_length -= size;
  } while (block.wire_length);
  return 1;
}

/* A field in the bytes of a teller; gives the bytes behind it. */
static uint8_t *read_field(uint8_t *at, nghttp2_nv *to) {
  uint32_t flags, length;
  memcpy(&flags, at, sizeof flags);
  memcpy(&length, at + 4, sizeof length);
  to->flags = flags ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
  to->name = at + 8;
  to->namelen = length;
  at += 8 + length;
  memcpy(&length, at, sizeof length);
  to->value = at + 4;
  to->valuelen = length;
  return at + 4 + length;
}

/* Writes the fields that a teller holds into scratch; gives their number. */
static uint32_t put_fields(const buffer *fields) {
  uint32_t count = 0;
  nghttp2_nv field;
  uint8_t *end = fields->bytes + fields->length;
  for (uint8_t *at = fields->bytes; at < end; at = read_field(at, &field)) {
    ++count;
  }
  nghttp2_nv *to = (nghttp2_nv *)host_scratch(count * sizeof(nghttp2_nv));
  for (uint8_t *at = fields->bytes; at < end; ++to) {
    at = read_field(at, to);
  }
  return count;
}

/*
 * Whether decoded fields are those that were encoded. The encoder never indexes some secrets, with
 * or without a flag; it must not forget a flag.
 */
static int is_same(const buffer *encoded, const buffer *decoded) {
  buffer copy = {0};
  buffer_add(&copy, decoded->bytes, decoded->length);
  int is_kept = encoded->length == decoded->length;
  for (size_t at = 0; is_kept && at < encoded->length;) {
    nghttp2_nv field;
    is_kept = copy.bytes[at] >= encoded->bytes[at];
    copy.bytes[at] = encoded->bytes[at];
    at = (size_t)(read_field(encoded->bytes + at, &field) - encoded->bytes);
  }
  is_kept = is_kept && buffer_is_same(encoded, &copy);
  buffer_free(&copy);
  return is_kept;
}

/* Encodes fields, decodes them again, and compares. */
static void check_again(h2_hpack *deflater, h2_hpack *inflater, const buffer *fields) {
  uint32_t count = put_fields(fields);
  uint32_t bound = h2_deflate_bound(deflater, count);
  uint8_t *block = malloc(bound);
  expect(block || !bound, "the fuzzer has no memory");
  int length = h2_deflate(deflater, count, block, bound);
  expect(length >= 0 && (uint32_t)length <= bound, "fields were encoded to %d bytes of %u", length,
         bound);
  teller again = {0};
  expect(inflate(inflater, &again, (fuzz_input){block, (size_t)length, NULL, 0}, 0, NULL),
         "the decoder refuses what the encoder wrote");
  expect(is_same(fields, &again.fields),
         "the decoder gives other fields than the encoder was given");
  teller_free(&again);
  free(block);
}

/* The dynamic table has well-formed records. */
static void check_table(h2_hpack *hpack) {
  teller table = {0};
  expect(h2_hpack_table(hpack) == 0, "a table that cannot be written");
  teller_read(&table, NULL, 0);
  teller_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  host_begin();
  fuzz_input input = fuzz_input_of(data, size);
  h2_hpack *whole = h2_inflater_new(), *cut = h2_inflater_new();
  h2_hpack *encoder = h2_deflater_new(fuzz_below(&input, 5000)), *decoder = h2_inflater_new();
  if (fuzz_control(&input) & 1) {
    uint32_t size_of_table = fuzz_below(&input, 10000);
    h2_hpack_change_table_size(whole, size_of_table);
    h2_hpack_change_table_size(cut, size_of_table);
  }
  /* The wire bytes are a block of a length that a byte says, then another. */
  int is_valid = 1;
  while (is_valid && input.wire_length) {
    size_t length = 1 + fuzz_below(&input, 256);
    length = length < input.wire_length ? length : input.wire_length;
    fuzz_input block = {input.wire, length, NULL, 0};
    teller first = {0}, second = {0};
    is_valid = inflate(whole, &first, block, 0, NULL);
    size_t left = input.wire_length;
    int is_valid_too = inflate(cut, &second, block, 1, &input);
    input.wire_length = left - length;
    input.wire += length;
    expect(is_valid == is_valid_too && buffer_is_same(&first.fields, &second.fields),
           "a block that is cut gives other fields");
    if (is_valid && first.fields.length) {
      check_again(encoder, decoder, &first.fields);
    }
    teller_free(&first);
    teller_free(&second);
  }
  check_table(whole);
  check_table(encoder);
  h2_hpack_del(whole);
  h2_hpack_del(cut);
  h2_hpack_del(encoder);
  h2_hpack_del(decoder);
  host_end();
  return 0;
}
