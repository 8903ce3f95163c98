/* prove: unwind 4 */
#include "proof.h"
#include "wheel.c"

int main(void)
{
    kr_wheel *wheel = malloc(sizeof *wheel + 3 * sizeof *wheel->timers);
    uint32_t slot = nondet_u32();
    bool before = nondet_bool(), after = nondet_bool();
    assume(slot < UNSET);
    wheel->capacity = 3;
    wheel->timers[0].slot = slot;
    wheel->timers[0].previous = before ? 1 : NONE;
    wheel->timers[0].next = after ? 2 : NONE;
    wheel->timers[1].next = wheel->timers[2].previous = 0;
    wheel->slots[slot] = (kr__list){before ? 1 : 0, after ? 2 : 0};
    wheel->used[slot / SLOTS] |= UINT64_C(1) << slot % SLOTS;
    uint64_t used = wheel->used[slot / SLOTS];

    unlink_timer(wheel, 0);
    bool empty = !before && !after;
    assert(wheel->timers[0].slot == UNSET);
    assert(wheel->slots[slot].first == (before ? 1 : after ? 2 : NONE));
    assert(wheel->slots[slot].last == (after ? 2 : before ? 1 : NONE));
    assert(!before || wheel->timers[1].next == (after ? 2 : NONE));
    assert(!after || wheel->timers[2].previous == (before ? 1 : NONE));
    assert(wheel->used[slot / SLOTS] == (empty ? used & ~(UINT64_C(1) << slot % SLOTS) : used));
    return 0;
}
