/* prove: unwind 4; length 8; stub begin decode; quick */
#include "proof.h"
#include "connection.c"

bool kr__limits_validate(const kr_limits *limits)
{
    return limits->head_bytes_max <= KR_HEAD_BYTES_MAX && limits->body_bytes_max <= UINT32_MAX;
}

int kr_head_parse(const kr_limits *limits, const uint8_t *data, size_t length, size_t seen, kr_head *head)
{
    head->flags = nondet_u32();
    return nondet_int();
}

static int begin(kr_connection *connection, const uint8_t *data, size_t length, kr_request *request)
{
    int size = nondet_int();
    assume(size >= -599 && size <= (int)length);
    request->head.flags = nondet_u32();
    if (size > 0) {
        connection->head_length = (uint32_t)size;
        connection->body_end = connection->raw = (uint64_t)size;
        connection->flags |= connection->limits->stream_bytes_max && nondet_u32() ? KR_HEAD_DUE : 0;
    }
    return size;
}

static int decode(kr_connection *connection, uint8_t *data, size_t length)
{
    assert(connection->raw <= length);
    uint64_t end = connection->body_end;
    connection->body_end = nondet_u64();
    connection->raw = nondet_u64();
    assume(end <= connection->body_end && connection->body_end <= connection->raw && connection->raw <= length);
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

    assume(!(connection.flags & (KR_LAST | KR_HEAD_DUE)) && connection.raw <= LENGTH && connection.head_length <= connection.body_end);
    uint8_t data[LENGTH];
    kr_request request;
    int64_t taken = kr_connection_next(&connection, data, LENGTH, &request);
    assert(taken >= -599 && taken <= LENGTH);
    assert(validate(&connection));
    if (taken > 0) {
        assert(request.head_length > 0 && request.body == request.head_length);
        assert(request.body + request.body_length <= (uint64_t)taken);
        assert(connection.head_length == 0);
    }
    return 0;
}
