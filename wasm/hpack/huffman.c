/*
 * The tables of HPACK's Huffman code (RFC 7541 §5.2), made at the start. nghttp2's own tables
 * (nghttp2_hd_huffman_data.c) would be an eighth of the module and hardly compress. The code is
 * canonical, so the lengths of its words define it.
 */
#include "hpack.h"

/* The types are nghttp2's. nghttp2 declares const tables; these do not change after
 * h2_huffman_init. */
#define huff_sym_table declared_symbols
#define huff_decode_table declared_states
#include "nghttp2_hd_huffman.h"
#undef huff_sym_table
#undef huff_decode_table

enum { SYMBOLS = 257, END_OF_STRING = 256, SHORTEST = 5, LONGEST = 30 };

/* The states are the inner nodes of the code's tree in preorder, and one more. */
enum { STATES = 257, FAILED = 256 };

nghttp2_huff_sym huff_sym_table[SYMBOLS];
nghttp2_huff_decode huff_decode_table[STATES][16];

/* How long the word of each symbol is (RFC 7541 Appendix B). */
static const uint8_t lengths[SYMBOLS] = {
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,
  5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,
  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,
  15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,
  7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
  23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
  21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

/* A child of a node: another node (the root is no child), or a leaf. */
typedef struct {
  uint16_t child[2];
  uint8_t accepts; /* a string may end here: the bits from the root on are padding */
} node;

enum { LEAF = 0x8000 };

/* Adds the leaf of `symbol`; returns how many nodes there are now. */
static uint32_t add_leaf(node *tree, uint32_t count, uint32_t symbol) {
  const nghttp2_huff_sym *word = &huff_sym_table[symbol];
  uint32_t at = 0;
  for (uint32_t depth = 1; depth < word->nbits; ++depth) {
    uint16_t *next = &tree[at].child[(word->code >> (32 - depth)) & 1];
    if (*next == 0) {
      /* The bits are all ones, and fewer than eight. */
      tree[count].accepts = depth < 8 && word->code >> (32 - depth) == (1U << depth) - 1;
      *next = (uint16_t)count++;
    }
    at = *next;
  }
  tree[at].child[(word->code >> (32 - word->nbits)) & 1] = (uint16_t)(LEAF | symbol);
  return count;
}

/* The state that four bits lead to, and the symbol that ends in them. No two symbols do. */
static nghttp2_huff_decode step(const node *tree, uint32_t state, uint32_t bits) {
  nghttp2_huff_decode result = {FAILED, 0, 0};
  uint32_t at = state;
  for (int bit = 3; bit >= 0; --bit) {
    uint32_t next = tree[at].child[(bits >> bit) & 1];
    if (next == (LEAF | END_OF_STRING)) {
      return (nghttp2_huff_decode){FAILED, 0, 0};
    }
    if (next & LEAF) {
      result.flags = NGHTTP2_HUFF_SYM;
      result.sym = (uint8_t)next;
      next = 0;
    }
    at = next;
  }
  result.fstate = (uint16_t)at;
  result.flags |= tree[at].accepts ? NGHTTP2_HUFF_ACCEPTED : 0;
  return result;
}

void h2_huffman_init(void) {
  node tree[STATES] = {{.accepts = 1}};
  uint32_t count = 1;
  uint32_t code = 0;
  for (uint32_t length = SHORTEST; length <= LONGEST; ++length) {
    for (uint32_t symbol = 0; symbol < SYMBOLS; ++symbol) {
      if (lengths[symbol] == length) {
        huff_sym_table[symbol] = (nghttp2_huff_sym){length, code};
        count = add_leaf(tree, count, symbol);
        code += 1U << (32 - length);
      }
    }
  }
  for (uint32_t state = 0; state < STATES; ++state) {
    for (uint32_t bits = 0; bits < 16; ++bits) {
      huff_decode_table[state][bits] =
        state == FAILED ? (nghttp2_huff_decode){FAILED, 0, 0} : step(tree, state, bits);
    }
  }
}
