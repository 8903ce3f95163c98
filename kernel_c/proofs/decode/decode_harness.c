/* prove: unwind 6; length 4 */
#include "proof.h"
#include "connection.c"

bool kr__limits_validate(const kr_limits *limits)
{
    return limits->head_bytes_max <= KR_HEAD_BYTES_MAX && limits->body_bytes_max <= UINT32_MAX;
}

int kr_body_next(kr_body *body, const uint8_t *data, size_t length, size_t *used, size_t *run)
{
    int event = nondet_int();
    *used = nondet_size();
    *run = nondet_size();
    assume(event >= -599 && event <= KR_BODY_TRAILER && *used <= length && *run <= *used);
    assume(event < KR_BODY_DATA || *run > 0);
    return event;
}

int main(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    kr_connection connection = {.limits = &limits, .body_end = nondet_u64(), .raw = nondet_u64(), .seen = nondet_u32(),
                                .head_length = nondet_u32(), .flags = nondet_u32()};
    assume(validate(&connection));

    uint8_t data[LENGTH];
    assume(connection.raw <= LENGTH);
    int event = decode(&connection, data, LENGTH);
    assert(event <= KR_BODY_DONE);
    assert(connection.body_end <= connection.raw && connection.raw <= LENGTH);
    return 0;
}
