/* prove: unwind 12 */
#include "proof.h"
#include "wheel.c"

int main(void)
{
    kr_wheel *wheel = malloc(sizeof *wheel);
    wheel->now = nondet_u64();
    for (uint32_t level = 0; level < LEVELS; level++) {
        uint64_t digit = wheel->now >> level * BITS & (SLOTS - 1);
        wheel->used[level] = nondet_u64();
        /* What is set lies ahead in the current turn of its level: link_timer() puts it there, and time stops at it. */
        uint64_t behind = (UINT64_C(1) << digit) - 1;
        if (level > 0)
            behind |= UINT64_C(1) << digit;
        if (level + 1 == LEVELS)
            behind |= ~UINT64_C(15); /* the last digit has 4 bits */
        assume((wheel->used[level] & behind) == 0);
    }
    uint64_t next = kr_wheel_next(wheel);
    uint32_t level = lowest(wheel);
    assert((next == UINT64_MAX && level == LEVELS) || next >= wheel->now);
    if (level < LEVELS) {
        uint64_t digit = next >> level * BITS & (SLOTS - 1);
        assert(wheel->used[level] >> digit & 1);
        assert((wheel->used[level] & ((UINT64_C(1) << digit) - 1)) == 0);
        assert((next & ((UINT64_C(1) << level * BITS) - 1)) == 0);
    }
    return 0;
}
