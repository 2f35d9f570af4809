#ifndef NGHTTP2_WASM_HPACK_H
#define NGHTTP2_WASM_HPACK_H

/* Makes the tables of HPACK's Huffman code. Call once, before any session exists. */
void h2_huffman_init(void);

#endif
