/* prove: unwind 2; length 8; stub decode; quick */
#include "proof.h"
#include "connection.c"

bool kr__limits_validate(const kr_limits *limits)
{
    return limits->head_bytes_max <= KR_HEAD_BYTES_MAX && limits->body_bytes_max <= UINT32_MAX;
}

static int decode(kr_connection *connection, uint8_t *data, size_t length)
{
    assert(connection->raw == 0 && connection->body_end == 0);
    connection->body_end = nondet_u64();
    connection->raw = nondet_u64();
    assume(connection->body_end <= connection->raw && connection->raw <= length);
    int event = nondet_int();
    assume(event >= -599 && event <= KR_BODY_DONE);
    return event;
}

int main(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64(), nondet_u64()};
    kr_connection connection = {.limits = &limits, .body_end = nondet_u64(), .raw = nondet_u64(), .seen = nondet_u32(),
                                .head_length = nondet_u32(), .flags = nondet_u32()};
    assume(validate(&connection));

    assume(connection.head_length == 0);
    uint8_t data[LENGTH];
    size_t used, size;
    int event = kr_connection_piece(&connection, data, LENGTH, &used, &size);
    assert(event >= -599 && event <= KR_BODY_DONE);
    assert(size <= used && used <= LENGTH);
    assert(validate(&connection) && connection.raw == 0);
    return 0;
}
