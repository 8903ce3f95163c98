/* prove: unwind 6; stub hash widen */
#include "proof.h"
#include <pthread.h>
#define pthread_mutex_lock(lock) ((void)0)
#define pthread_mutex_unlock(lock) ((void)0)
#include <string.h>
#define memcmp(one, other, size) (!same(one, other))

/* Without the loop over bytes: a term is five numbers. */
static bool same(const void *one, const void *other)
{
    const int64_t *a = one, *b = other;
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4];
}
#include "term.c"

enum { TERMS = 2, SLOTS = 4 };

static uint64_t wanted_hash;

static uint64_t hash(const term *x)
{
    return wanted_hash;
}

static bool widen(kr__terms *t)
{
    assert(t->count == t->capacity);
    return false;
}

int main(void)
{
    term terms[TERMS];
    uint32_t slots[SLOTS];
    for (uint32_t i = 0; i < TERMS; i++)
        terms[i] = (term){nondet_i64(), nondet_i64(), {nondet_i64(), nondet_i64(), nondet_i64()}};
    kr__terms t = {.terms = terms, .slots = slots, .capacity = TERMS, .mask = SLOTS - 1, .count = nondet_u32()};
    assume(t.count <= TERMS);
    uint32_t count = t.count, used = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        slots[i] = nondet_u32();
        assume(slots[i] <= count);
        used += slots[i] > 0;
    }
    assume(used == count); /* each term has a slot, so at least half are free */
    wanted_hash = nondet_u64();
    const term wanted = {KR__T_SYMBOL, nondet_i64(), {nondet_i64(), nondet_i64(), nondet_i64()}};
    /* Is it there, between its hash and the first free slot? */
    uint32_t at = (uint32_t)wanted_hash & t.mask;
    while (slots[at] && !same(&terms[slots[at] - 1], &wanted))
        at = (at + 1) & t.mask;
    const uint32_t known = slots[at];

    int64_t value = kr__term_make(&t, KR__T_SYMBOL, wanted.function, wanted.part[0], wanted.part[1], wanted.part[2]);
    if (value == KR__ABSENT) {
        assert(count == TERMS && t.count == count);
        return 0;
    }
    uint32_t index = (uint32_t)(value - KR__TERM_BASE);
    assert(index < t.count && same(&terms[index], &wanted));
    assert(known ? index == known - 1 && t.count == count : index == count && t.count == count + 1);
    assert(slots[at] == index + 1); /* so it is found the next time */
    return 0;
}
