/* The requests of one connection, RFC 9112 section 9, as a state machine over the caller's bytes. */
#include <stdlib.h>

#include "internal.h"

static inline bool validate(const kr_connection *connection)
{
    return kr__limits_validate(connection->limits) && connection->body_end <= connection->raw &&
           (connection->head_length > 0 || connection->raw == 0) && (connection->flags & ~7u) == 0;
}

void kr__connection_init(kr_connection *connection, const kr_limits *limits)
{
    *connection = (kr_connection){.limits = limits};
    assert(validate(connection));
}

kr_connection *kr_connection_new(const kr_limits *limits)
{
    if (!kr__limits_validate(limits))
        return NULL;
    kr_connection *connection = malloc(sizeof *connection + sizeof *limits);
    if (!connection)
        return NULL;
    kr_limits *copy = (kr_limits *)(void *)(connection + 1);
    *copy = *limits;
    kr__connection_init(connection, copy);
    return connection;
}

void kr_connection_free(kr_connection *connection)
{
    free(connection);
}

int kr_connection_flags(kr_connection *connection)
{
    assert(validate(connection));
    int flags = (int)connection->flags;
    connection->flags &= ~(uint32_t)KR_CONTINUE_DUE;
    return flags;
}

static int begin(kr_connection *connection, const uint8_t *data, size_t length, kr_request *request)
{
    int size = kr_head_parse(connection->limits, data, length, connection->seen, &request->head);
    if (size <= 0) {
        connection->seen = (uint32_t)length;
        return size;
    }
    const kr_limits *limits = connection->limits;
    uint64_t most = limits->stream_bytes_max > limits->body_bytes_max ? limits->stream_bytes_max : limits->body_bytes_max;
    int status = kr_body_begin(&connection->body, &request->head, most);
    if (status)
        return status;
    connection->seen = 0;
    connection->head_length = (uint32_t)size;
    connection->body_end = connection->raw = (uint64_t)size;
    /* RFC 9110 section 10.1.1: no 100 when the content has begun to arrive. */
    if (request->head.flags & KR_EXPECT_CONTINUE && (size_t)size == length)
        connection->flags |= KR_CONTINUE_DUE;
    if (limits->stream_bytes_max && request->head.flags & (KR_CHUNKED | KR_HAS_LENGTH)) {
        connection->flags |= KR_HEAD_DUE;
        request->head_length = connection->head_length;
    }
    assert(validate(connection));
    return size;
}

/* Decodes what is there of the body, moving chunks together.  Returns as kr_body_next(). */
static int decode(kr_connection *connection, uint8_t *data, size_t length)
{
    assert(connection->raw <= length);
    for (;;) {
        size_t used, run;
        int event = kr_body_next(&connection->body, data + connection->raw, length - connection->raw, &used, &run);
        if (event == KR_BODY_DATA) {
            uint64_t from = connection->raw + used - run;
            if (from != connection->body_end)
                memmove(data + connection->body_end, data + from, run);
            connection->body_end += run;
        }
        connection->raw += used;
        assert(connection->raw <= length);
        if (event <= KR_BODY_DONE)
            return event;
    }
}

int64_t kr_connection_next(kr_connection *connection, uint8_t *data, size_t length, kr_request *request)
{
    assert(validate(connection));
    assert(!(connection->flags & (KR_LAST | KR_HEAD_DUE)));
    bool resumed = connection->head_length > 0;
    if (!resumed) {
        int size = begin(connection, data, length, request);
        if (size <= 0)
            return size;
        if (connection->flags & KR_HEAD_DUE)
            return 0;
    }
    int event = decode(connection, data, length);
    if (event != KR_BODY_DONE)
        return event;
    /* The head was not kept: it is there to be read again, once for a request that came in pieces. */
    if (resumed)
        (void)kr_head_parse(connection->limits, data, connection->head_length, 0, &request->head);
    request->head_length = connection->head_length;
    request->body = connection->head_length;
    request->body_length = connection->body_end - connection->head_length;
    int64_t consumed = (int64_t)connection->raw;
    uint32_t last = request->head.flags & KR_KEEP_ALIVE ? 0 : KR_LAST;
    *connection = (kr_connection){.limits = connection->limits, .flags = last};
    assert(validate(connection));
    return consumed;
}

/* The caller has said how the body is to be handed over, and so how long it may be.  Returns 0 or -413. */
static int limit_body(kr_connection *connection, uint64_t bytes_max)
{
    assert(connection->flags & KR_HEAD_DUE);
    assert(connection->body.total == 0);
    connection->flags &= ~(uint32_t)KR_HEAD_DUE;
    connection->body.limit = bytes_max;
    return connection->body.remaining > bytes_max ? -413 : 0;
}

int kr_connection_whole(kr_connection *connection)
{
    assert(validate(connection));
    return limit_body(connection, connection->limits->body_bytes_max);
}

int kr_connection_pieces(kr_connection *connection)
{
    assert(validate(connection));
    connection->head_length = 0;
    connection->body_end = connection->raw = 0;
    return limit_body(connection, connection->limits->stream_bytes_max);
}

int kr_connection_piece(kr_connection *connection, uint8_t *data, size_t length, size_t *used, size_t *size)
{
    assert(validate(connection));
    assert(connection->head_length == 0);
    int event = decode(connection, data, length);
    *used = (size_t)connection->raw;
    *size = (size_t)connection->body_end;
    connection->body_end = connection->raw = 0;
    assert(*size <= *used && *used <= length);
    return event;
}

uint64_t kr__connection_kept(kr_connection *connection, uint64_t length)
{
    assert(validate(connection));
    if (connection->head_length == 0)
        return length;
    assert(connection->raw == length);
    connection->raw = connection->body_end;
    return connection->body_end;
}
