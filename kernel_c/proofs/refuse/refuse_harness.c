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

    uint32_t at = nondet_u32();
    assume(at <= LENGTH);
    int bad = nondet_int(), too_long = nondet_int();
    assume(bad >= 400 && bad <= 599 && too_long >= 400 && too_long <= 599);
    int status = refuse(&reader, at, bad, too_long);
    bool ended = false;
    for (uint32_t i = 0; i < LENGTH; i++)
        ended = ended || (i >= at && data[i] == '\n');
    assert(status == 0 || status == -bad || status == -too_long || status == -431);
    assert(status != 0 || !ended);
    assert(status != 0 || LENGTH - at <= limits.line_bytes_max);
    return 0;
}
