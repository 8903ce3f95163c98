/* The ring of krepis_ring.h: D. Vyukov's bounded queue (2010) with one taker, and a flag for a taker that sleeps.
 *
 * Position p is in slot p modulo the capacity.  The slot's turn says what may be done: p, it is free for position p;
 * p + 1, its item is there; p + capacity, it was taken.  Turns do not come again before 2^32 positions have passed, so
 * whoever was away for a round does not take a slot for the one that it saw.  specs/RequestRing.tla is this, a step an
 * access; twin/native/threads.c explores it under weaker memory. */
#include "internal.h"
#include "atomics.h"
#include "krepis_ring.h"

enum { APART = 64 }; /* bytes of a cache line: threads that write different lines do not slow each other down */

typedef struct slot {
    kr__atomic turn;
    uint64_t item; /* belongs to whoever claimed the position, then to the taker */
} slot;

struct kr_ring {
    _Alignas(APART) kr__atomic tail; /* the position that is claimed next */
    _Alignas(APART) kr__atomic sleepy;
    _Alignas(APART) uint32_t head; /* the taker's: the position that is taken next */
    uint32_t mask;
    _Alignas(APART) slot slots[];
};

size_t kr_ring_bytes(uint32_t capacity)
{
    bool good = capacity >= 2 && capacity <= KR_RING_ITEMS_MAX && (capacity & (capacity - 1)) == 0;
    return good ? sizeof(kr_ring) + capacity * sizeof(slot) : 0;
}

kr_ring *kr_ring_init(void *memory, uint32_t capacity)
{
    assert(memory && (uintptr_t)memory % APART == 0);
    assert(kr_ring_bytes(capacity) > 0);
    kr_ring *ring = memory;
    kr__atomic_init(&ring->tail, 0);
    kr__atomic_init(&ring->sleepy, 0);
    ring->head = 0;
    ring->mask = capacity - 1;
    for (uint32_t i = 0; i < capacity; i++) {
        kr__atomic_init(&ring->slots[i].turn, i);
        ring->slots[i].item = 0;
    }
    return ring;
}

int kr_ring_put(kr_ring *ring, uint64_t item)
{
    assert(ring);
    uint32_t position = kr__atomic_load(&ring->tail, KR__RELAXED);
    slot *at;
    for (;;) {
        at = &ring->slots[position & ring->mask];
        int32_t ahead = (int32_t)(kr__atomic_load(&at->turn, KR__ACQUIRE) - position);
        if (ahead < 0)
            return KR_EFULL;
        if (ahead == 0 && kr__atomic_cas(&ring->tail, &position, position + 1))
            break;
        if (ahead > 0)
            position = kr__atomic_load(&ring->tail, KR__RELAXED);
    }
    kr__plain_write(&at->item, item);
    kr__atomic_store(&at->turn, position + 1, KR__RELEASE);
    /* First the item, then the look at the flag; kr_ring_doze() does it the other way round. */
    kr__fence();
    return kr__atomic_load(&ring->sleepy, KR__RELAXED) && kr__atomic_exchange(&ring->sleepy, 0);
}

int kr_ring_take(kr_ring *ring, uint64_t *item)
{
    assert(ring && item);
    slot *at = &ring->slots[ring->head & ring->mask];
    if (kr__atomic_load(&at->turn, KR__ACQUIRE) != ring->head + 1)
        return 0;
    *item = kr__plain_read(&at->item);
    kr__atomic_store(&at->turn, ring->head + ring->mask + 1, KR__RELEASE);
    ring->head++;
    return 1;
}

int kr_ring_doze(kr_ring *ring)
{
    assert(ring);
    const slot *at = &ring->slots[ring->head & ring->mask];
    kr__atomic_store(&ring->sleepy, 1, KR__RELAXED);
    kr__fence();
    if (kr__atomic_load(&at->turn, KR__ACQUIRE) != ring->head + 1)
        return 1;
    kr__atomic_store(&ring->sleepy, 0, KR__RELAXED);
    return 0;
}
