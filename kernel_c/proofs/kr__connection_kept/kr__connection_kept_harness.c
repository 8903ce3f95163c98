/* prove: unwind 2; quick */
#include "proof.h"
#include "connection.c"

bool kr__limits_validate(const kr_limits *limits)
{
    return limits->head_bytes_max <= KR_HEAD_BYTES_MAX && limits->body_bytes_max <= UINT32_MAX;
}

int main(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    kr_connection connection = {.limits = &limits, .body_end = nondet_u64(), .raw = nondet_u64(), .seen = nondet_u32(),
                                .head_length = nondet_u32(), .flags = nondet_u32()};
    assume(validate(&connection));

    uint64_t length = nondet_u64();
    assume(connection.head_length == 0 || connection.raw == length);
    uint64_t kept = kr__connection_kept(&connection, length);
    assert(kept <= length && validate(&connection));
    assert(connection.head_length == 0 || connection.raw == kept);
    return 0;
}
