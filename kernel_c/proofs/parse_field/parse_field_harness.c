/* prove: unwind 9; length 7; stub refuse accept_line */
#include "proof.h"
#include "head.c"

static kr_limits any_limits(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    assume(kr__limits_validate(&limits));
    return limits;
}

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

/* What is proved of these elsewhere. */
static int refuse(const kr__reader *reader, uint32_t at, int bad, int too_long)
{
    assert(at <= reader->length && bad >= 400 && too_long >= 400);
    int status = nondet_int();
    assume(status == 0 || status == -bad || status == -too_long || status == -431);
    return status;
}

static int accept_line(const kr__reader *reader, uint32_t at, uint32_t end, int too_long)
{
    assert(at <= end && end + 2 <= reader->length);
    int result = nondet_int();
    assume(result == -too_long || result == -431 || result == (int)end + 2);
    return result;
}

int main(void)
{
        kr_limits limits = any_limits();
        uint8_t data[LENGTH];
        any_bytes(data, LENGTH);
        kr__reader reader = {data, LENGTH, &limits};

    uint32_t at = nondet_u32();
    assume(at < LENGTH);
    kr_field field;
    int next = parse_field(&reader, at, &field);
    assert(next <= LENGTH && next >= -599);
    if (next > 0) {
        assert(field.name == at && field.name_length > 0 && field.value > field.name + field.name_length);
        assert(field.value + field.value_length + 2 <= next && next >= (int)at + 4);
        assert(field.value_length == 0 || !kr__is_space(data[field.value]));
        assert(field.value_length == 0 || !kr__is_space(data[field.value + field.value_length - 1]));
    }
    return 0;
}
