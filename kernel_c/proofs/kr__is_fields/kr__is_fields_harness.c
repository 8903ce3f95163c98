/* prove: unwind 8; length 6 */
#include "proof.h"
#include "response.c"

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
    char fields[LENGTH];
    any_bytes((uint8_t *)fields, LENGTH);
    size_t length = nondet_size();
    assume(length <= LENGTH);
    bool good = kr__is_fields(fields, length);
    assert(!good || length == 0 || (length >= 4 && fields[length - 2] == '\r' && fields[length - 1] == '\n'));
    return 0;
}
