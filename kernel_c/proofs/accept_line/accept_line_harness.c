/* prove: unwind 8; length 6; quick */
#include "proof.h"
#include "head.c"

static kr_limits any_limits(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    assume(kr__limits_validate(&limits));
    return limits;
}

int main(void)
{
        kr_limits limits = any_limits();
        uint8_t data[LENGTH];
        any_bytes(data, LENGTH);
        kr__reader reader = {data, LENGTH, &limits};

    uint32_t at = nondet_u32(), end = nondet_u32();
    assume(at <= end && end <= LENGTH);
    if (ends_line(&reader, end)) {
        assert(data[end] == '\r' && data[end + 1] == '\n');
        int next = accept_line(&reader, at, end, 414);
        assert(next == -414 || next == -431 || next == (int)end + 2);
        assert(next < 0 || (next <= LENGTH && (uint32_t)next <= limits.head_bytes_max));
    }
    return 0;
}
