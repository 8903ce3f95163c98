/* The ring's memory, of one thread: what several can do is explored by the Twin. */
#ifndef KREPIS_PROOF_RING_H
#define KREPIS_PROOF_RING_H

#include "proof.h"

#define KR__TWIN
typedef uint32_t kr__atomic;
enum { KR__RELAXED, KR__ACQUIRE, KR__RELEASE };
#define kr__atomic_init(at, value) (*(at) = (value))
#define kr__atomic_load(at, order) (*(at))
#define kr__atomic_store(at, value, order) (*(at) = (value))
#define kr__fence() ((void)0)
#define kr__plain_read(at) (*(at))
#define kr__plain_write(at, value) (*(at) = (value))

static bool kr__atomic_cas(kr__atomic *at, uint32_t *expected, uint32_t value)
{
    bool same = *at == *expected;
    if (same)
        *at = value;
    else
        *expected = *at;
    return same;
}

static uint32_t kr__atomic_exchange(kr__atomic *at, uint32_t value)
{
    uint32_t old = *at;
    *at = value;
    return old;
}

#include "ring.c"

enum { CAPACITY = 4 };

/* A ring with 0 to CAPACITY items, at any position, also where positions begin again at 0. */
static kr_ring *any_ring(void)
{
    kr_ring *ring = malloc(sizeof(kr_ring) + CAPACITY * sizeof(slot));
    uint32_t count = nondet_u32();
    assume(count <= CAPACITY);
    ring->mask = CAPACITY - 1;
    ring->head = nondet_u32();
    ring->tail = ring->head + count;
    ring->sleepy = nondet_bool();
    for (uint32_t i = 0; i < CAPACITY; i++) {
        slot *at = &ring->slots[(ring->head + i) & ring->mask];
        at->turn = ring->head + i + (i < count ? 1 : 0);
        at->item = nondet_u64();
    }
    return ring;
}

#endif
