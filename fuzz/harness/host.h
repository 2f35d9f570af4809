/*
 * The host's side of the boundary for the fuzzers: what src/engine does with the regions, with a
 * check of each promise that the bridge makes. A broken promise ends the program with abort().
 */
#ifndef NGHTTP2_WASM_FUZZ_HOST_H
#define NGHTTP2_WASM_FUZZ_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "bridge.h"

/* ---- the exports that both protocols use -------------------------------------------------- */

nw_io *nw_init(void);
void nw_strings_clear(void);
void nw_memory_limit(uint32_t bytes);
void nw_debug_fail_allocations(uint32_t first, uint32_t count);

/* ---- the input of a fuzzer ----------------------------------------------------------------- */

/*
 * Two bytes with the length of the wire bytes, the wire bytes, and control bytes, which are read
 * from the end backwards. An insertion into one part thus leaves the other part as it was.
 */
typedef struct {
  const uint8_t *wire;
  size_t wire_length;
  const uint8_t *controls;
  size_t control_length;
} fuzz_input;

enum { FUZZ_HEAD = 2 };

fuzz_input fuzz_input_of(const uint8_t *data, size_t size);
/* The next control byte; 0 where there is none. */
uint8_t fuzz_control(fuzz_input *input);
/* A number below `limit`, of one or two control bytes. */
uint32_t fuzz_below(fuzz_input *input, uint32_t limit);
/* The length of the next chunk, from 1 to all of the wire bytes that are left. */
size_t fuzz_chunk(fuzz_input *input);

/* ---- the records ------------------------------------------------------------------------------
 */

enum { HOST_STRINGS = NW_TEXT_SLOTS + 512 };

/* Bytes that grow. */
typedef struct {
  uint8_t *bytes;
  size_t length, capacity;
} buffer;

void buffer_add(buffer *to, const void *bytes, size_t length);
void buffer_word(buffer *to, uint32_t word);
int buffer_is_same(const buffer *left, const buffer *right);
/*
 * Ends the program where two logs differ, and prints them from where they do. `is_start`: `cut` may
 * be the start of `whole`.
 */
void buffer_expect_same(const buffer *whole, const buffer *cut, int is_start, const char *what);
void buffer_free(buffer *of);

/* The body of one stream. */
typedef struct {
  uint32_t stream;
  int is_spoiled; /* DATA was refused: how much was told before depends on how the input was cut */
  buffer bytes;
} told_body;

enum { TOLD_BODIES = 64 };

/*
 * What one session has told, in a form that does not depend on how its input was cut: the words of
 * each record, with strings in full, and the pieces of a body joined.
 */
typedef struct {
  buffer log;
  size_t data_at; /* offset in `log` of the last piece of a body; 0: another record followed */
  uint32_t data_stream; /* the stream of that piece */
  int has_bodies;       /* bodies are kept in `bodies` instead of `log` */
  told_body bodies[TOLD_BODIES];
  buffer fields, kept; /* the block being read, and the one that the host keeps */
  int is_in_block;     /* a FIELD record with NW_FIELD_FIRST has begun a block */
  int is_kept;
  int has_marks; /* fields come with NW_FIELD_FIRST; those of an HPACK coder do not */
  void *context;
  /* Called for each record but FIELD, after it has been checked. NULL: not wanted. */
  void (*on_record)(void *context, enum nw_event kind, const uint32_t *words);
} teller;

void teller_free(teller *of);
/* The body of a stream; NULL where there are too many. */
told_body *teller_body(teller *of, uint32_t stream);
/* Reads and checks the records of the last call. `chunk`: the bytes that the call was given. */
void teller_read(teller *to, const uint8_t *chunk, size_t length);

/* ---- regions -----------------------------------------------------------------------------------
 */

/* Makes the instance at the first call. */
void host_begin(void);
/* The end of a run: checks that no memory of sessions is left, and drops the strings that host and
 * bridge share. */
void host_end(void);
/* Gives the bridge a copy of `length` bytes as its input region, with nothing behind it. */
void host_put_input(const uint8_t *bytes, size_t length);
/* The bridge must not read these bytes of the input region. */
void host_hide_input(size_t from, size_t to);
/* Makes the scratch region exactly `length` bytes long, and gives it. */
uint8_t *host_scratch(size_t length);

/* Ends the program if `condition` does not hold. */
#define expect(condition, ...) ((condition) ? (void)0 : host_fail(__VA_ARGS__))
_Noreturn void host_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
