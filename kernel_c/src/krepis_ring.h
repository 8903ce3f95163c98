/* A bounded ring through which threads hand items to one other thread, without locks.
 *
 * Any thread puts; one thread, always the same, takes.  All memory is the caller's and is given at the start. */
#ifndef KREPIS_RING_H
#define KREPIS_RING_H

#include <stddef.h>
#include <stdint.h>

enum { KR_RING_ITEMS_MAX = 1 << 20 };

typedef struct kr_ring kr_ring;

/* How many bytes a ring takes, aligned to 64; 0 unless `capacity` is a power of two from 2 to KR_RING_ITEMS_MAX. */
size_t kr_ring_bytes(uint32_t capacity);
/* Makes a ring in kr_ring_bytes(capacity) bytes, before any thread uses it. */
kr_ring *kr_ring_init(void *memory, uint32_t capacity);

/* Any thread.  1: it is in, and the taker sleeps and has to be woken; 0: it is in; KR_EFULL. */
int kr_ring_put(kr_ring *ring, uint64_t item);
/* The taker.  1: *item is the next one; 0: there is none. */
int kr_ring_take(kr_ring *ring, uint64_t *item);
/* The taker is going to sleep.  1: it may, and will be woken; 0: there is something to take. */
int kr_ring_doze(kr_ring *ring);

#endif
