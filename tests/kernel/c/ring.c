/* Real threads put into a small ring while one takes, and sleeps by a semaphore: nothing is lost, and order is kept.
 *
 * usage: ring ITEMS; prints "ok". */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "krepis_kernel.h"
#include "krepis_ring.h"

enum { PUTTERS = 3, CAPACITY = 8 };

static kr_ring *ring;
static sem_t bell;
static long items;

static void *put(void *number)
{
    uint64_t who = (uint64_t)(uintptr_t)number;
    for (long i = 1; i <= items;) {
        int result = kr_ring_put(ring, who << 32 | (uint64_t)i);
        assert(result == 0 || result == 1 || result == KR_EFULL);
        if (result == 1)
            sem_post(&bell);
        i += result >= 0;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    assert(argc == 2);
    items = atol(argv[1]);
    assert(kr_ring_bytes(0) == 0 && kr_ring_bytes(1) == 0 && kr_ring_bytes(6) == 0 && kr_ring_bytes(1u << 21) == 0);
    ring = kr_ring_init(aligned_alloc(64, (kr_ring_bytes(CAPACITY) + 63) & ~(size_t)63), CAPACITY);
    sem_init(&bell, 0, 0);
    pthread_t threads[PUTTERS];
    long next[PUTTERS] = {0};
    for (int i = 0; i < PUTTERS; i++)
        pthread_create(&threads[i], NULL, put, (void *)(uintptr_t)i);
    for (long left = PUTTERS * items; left > 0;) {
        uint64_t item;
        if (kr_ring_take(ring, &item)) {
            assert((long)(item & UINT32_MAX) == ++next[item >> 32]);
            left--;
        } else if (kr_ring_doze(ring)) {
            sem_wait(&bell);
        }
    }
    for (int i = 0; i < PUTTERS; i++)
        pthread_join(threads[i], NULL);
    free(ring);
    puts("ok");
    return 0;
}
