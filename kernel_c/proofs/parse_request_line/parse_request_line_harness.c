/* prove: unwind 20; length 18; stub refuse accept_line method_of split_target */
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

static int method_of(const uint8_t *text, uint32_t length)
{
    assert(length > 0);
    return KR_METHOD_OTHER;
}

static int split_target(const uint8_t *data, kr_head *head)
{
    assert(head->target_length > 0 && head->target + head->target_length <= LENGTH);
    return nondet_bool() ? 400 : 0;
}

int main(void)
{
        kr_limits limits = any_limits();
        uint8_t data[LENGTH];
        any_bytes(data, LENGTH);
        kr__reader reader = {data, LENGTH, &limits};

    kr_head head = {0};
    int end = parse_request_line(&reader, 0, &head);
    assert(end <= LENGTH && end >= -599);
    if (end > 0) {
        assert(head.line + head.method_length + 1 == head.target && head.method_length > 0);
        assert(head.target_length > 0 && head.target + head.target_length + 11 == end);
        assert(head.minor <= 1 && head.method_length <= KR_METHOD_BYTES_MAX);
    }
    return 0;
}
