/* prove: unwind 9; length 6 */
#include "proof.h"
#include "head.c"

/* As in span.c, without saying which bytes belong: all that is proved holds for every table. */
static size_t span(const uint8_t *data, size_t length)
{
    size_t at = nondet_size();
    assume(at <= length);
    return at;
}

size_t kr__span_token(const uint8_t *data, size_t length)
{
    return span(data, length);
}

size_t kr__span_target(const uint8_t *data, size_t length)
{
    return span(data, length);
}

size_t kr__span_value(const uint8_t *data, size_t length)
{
    return span(data, length);
}

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    uint32_t length = nondet_u32();
    assume(length <= LENGTH);
    kr_head head = {.flags = nondet_u32()};
    bool close = false;
    int status = take_connection(data, length, &head, &close);
    assert(status == 0 || status == 400);
    assert(!close || length >= 5); /* "close" */
    return 0;
}
