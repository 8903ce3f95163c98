/* prove: unwind 12 */
#include "proof.h"
#include "wheel.c"

/* Where a timer belongs: the highest group of 6 bits in which the two times differ, and its own group there. */
static uint32_t place(uint64_t due, uint64_t now)
{
    uint32_t level = 0;
    for (uint32_t i = 0; i < LEVELS; i++) {
        if ((due >> i * BITS & (SLOTS - 1)) != (now >> i * BITS & (SLOTS - 1)))
            level = i;
    }
    return level * SLOTS + (uint32_t)(due >> level * BITS & (SLOTS - 1));
}

int main(void)
{
    kr_wheel *wheel = malloc(sizeof *wheel + 2 * sizeof *wheel->timers);
    wheel->capacity = 2;
    wheel->now = nondet_u64();
    wheel->timers[0].due = nondet_u64();
    wheel->timers[0].slot = UNSET;
    assume(wheel->timers[0].due >= wheel->now);
    uint32_t slot = place(wheel->timers[0].due, wheel->now);
    bool alone = nondet_bool();
    wheel->slots[slot] = alone ? (kr__list){NONE, NONE} : (kr__list){1, 1};
    uint64_t used = wheel->used[slot / SLOTS];

    link_timer(wheel, 0);
    assert(wheel->timers[0].slot == slot && wheel->timers[0].next == NONE);
    assert(wheel->slots[slot].last == 0 && wheel->slots[slot].first == (alone ? 0 : 1));
    assert(wheel->timers[0].previous == (alone ? NONE : 1) && (alone || wheel->timers[1].next == 0));
    assert(wheel->used[slot / SLOTS] == (used | UINT64_C(1) << slot % SLOTS));
    return 0;
}
