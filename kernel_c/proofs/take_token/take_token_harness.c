/* prove: unwind 3 */
#include "proof.h"
#include "tenants.c"

int main(void)
{
    /* Rates and bursts of a power of two: the divisions are what the solver cannot do in general. */
    uint32_t rate = 1u << (nondet_u32() % 8), burst = nondet_u32() % 64 + 1;
    uint64_t now = nondet_u64(), since = nondet_u64(), tokens = nondet_u64(), full = (uint64_t)burst * MILLI;
    assume(since <= now && tokens <= full && now < UINT64_C(1) << 40);
    tenant one = {.limits = {.rate_per_second = rate, .burst = burst}, .tokens = tokens, .tokens_ms = since};
    uint64_t wait = take_token(&one, now);
    assert(one.tokens <= full && one.tokens_ms == now);
    uint64_t passed = now - since;
    /* No more than what came back is there, and what is told is enough to wait, and not too much. */
    assert(passed > full || one.tokens + (wait ? 0 : MILLI) <= tokens + passed * rate);
    assert(wait == 0 || (one.tokens + wait * rate >= MILLI && one.tokens + (wait - 1) * rate < MILLI));
    return 0;
}
