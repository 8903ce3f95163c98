/* The requests of one connection, RFC 9112 section 9, as a state machine over the caller's bytes. */
#include <stdlib.h>

#include "internal.h"

static inline bool validate(const kr_connection *connection)
{
    return kr__limits_validate(connection->limits) && connection->body_end <= connection->raw &&
           (connection->head_length > 0 || connection->raw == 0) && (connection->flags & ~3u) == 0;
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
    int status = kr_body_begin(&connection->body, &request->head, connection->limits->body_bytes_max);
    if (status)
        return status;
    connection->seen = 0;
    connection->head_length = (uint32_t)size;
    connection->body_end = connection->raw = (uint64_t)size;
    /* RFC 9110 section 10.1.1: no 100 when the content has begun to arrive. */
    if (request->head.flags & KR_EXPECT_CONTINUE && (size_t)size == length)
        connection->flags |= KR_CONTINUE_DUE;
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
    assert(!(connection->flags & KR_LAST));
    bool resumed = connection->head_length > 0;
    if (!resumed) {
        int size = begin(connection, data, length, request);
        if (size <= 0)
            return size;
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

uint64_t kr__connection_kept(kr_connection *connection, uint64_t length)
{
    assert(validate(connection));
    if (connection->head_length == 0)
        return length;
    assert(connection->raw == length);
    connection->raw = connection->body_end;
    return connection->body_end;
}
