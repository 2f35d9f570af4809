/*
 * Accounts for nghttp2's memory, and small blocks that are kept for the next allocation. A request
 * allocates blocks and frees them a moment later, and the next request needs the same sizes.
 */
#include "bridge.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static uint32_t memory_limit = UINT32_MAX;

/* Limits the bytes that all sessions and tables together may hold. */
NW_EXPORT(nw_memory_limit) void nw_memory_limit(uint32_t bytes) {
  memory_limit = bytes;
}

/* ---- blocks kept -------------------------------------------------------------------------- */

/*
 * The kept blocks by size, in malloc's steps: a block of class n has at least 8 n - 4 bytes. They
 * have at most 1 MiB in all, which is charged to no account.
 */
enum {
  BLOCK_STEP = 8,
  BLOCK_HEADER = 4, /* malloc's header of each block */
  BLOCK_CLASSES = 64,
#ifdef NDEBUG
  BLOCKS_KEPT = 64, /* of each class */
#else
  BLOCKS_KEPT = 0, /* each allocation is to be seen by debug.c */
#endif
};

typedef struct block {
  struct block *next;
} block;

static struct {
  block *first;
  uint32_t count;
} kept[BLOCK_CLASSES];

static void *block_new(size_t size) {
  size_t class = (size + BLOCK_HEADER + BLOCK_STEP - 1) / BLOCK_STEP;
  if (class >= BLOCK_CLASSES || !kept[class].first) {
    return malloc(size);
  }
  block *found = kept[class].first;
  kept[class].first = found->next;
  kept[class].count -= 1;
  return found;
}

static void block_free(void *pointer, size_t usable) {
  size_t class = (usable + BLOCK_HEADER) / BLOCK_STEP;
  if (class >= BLOCK_CLASSES || kept[class].count == BLOCKS_KEPT) {
    free(pointer);
    return;
  }
  block *given = pointer;
  given->next = kept[class].first;
  kept[class].first = given;
  kept[class].count += 1;
}

/* ---- accounts ----------------------------------------------------------------------------- */

/* False when `account` may not have `size` more bytes in place of `released`. */
static int affordable(const nw_account *account, size_t size, size_t released) {
  uint64_t own = (uint64_t)account->used - released + size;
  uint64_t all = (uint64_t)nw_region.memory_used - released + size;
  return own <= account->limit && all <= memory_limit;
}

static void charge(nw_account *account, size_t size) {
  account->used += size;
  nw_region.memory_used += size;
}

static void credit(nw_account *account, size_t size) {
  account->used -= size;
  nw_region.memory_used -= size;
}

void *nw_alloc(nw_account *account, size_t size) {
  if (!affordable(account, size, 0)) {
    return NULL;
  }
  void *pointer = block_new(size);
  if (pointer) {
    charge(account, malloc_usable_size(pointer));
  }
  return pointer;
}

void nw_free(nw_account *account, void *pointer) {
  if (pointer) {
    size_t usable = malloc_usable_size(pointer);
    credit(account, usable);
    block_free(pointer, usable);
  }
}

static void *account_malloc(size_t size, void *account) {
  return nw_alloc(account, size);
}

static void account_free(void *pointer, void *account) {
  nw_free(account, pointer);
}

static void *account_calloc(size_t count, size_t size, void *account) {
  uint64_t bytes = (uint64_t)count * size;
  if (bytes > UINT32_MAX) {
    return NULL;
  }
  void *pointer = nw_alloc(account, (size_t)bytes);
  if (pointer) {
    memset(pointer, 0, (size_t)bytes);
  }
  return pointer;
}

static void *account_realloc(void *pointer, size_t size, void *account) {
  size_t before = pointer ? malloc_usable_size(pointer) : 0;
  if (!affordable(account, size, before)) {
    return NULL;
  }
  void *moved = realloc(pointer, size);
  if (moved) {
    credit(account, before);
    charge(account, malloc_usable_size(moved));
  }
  return moved;
}

nghttp2_mem nw_mem(nw_account *account) {
  return (nghttp2_mem){account, account_malloc, account_free, account_calloc, account_realloc};
}
