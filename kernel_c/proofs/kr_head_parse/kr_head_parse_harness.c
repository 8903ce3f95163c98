/* prove: unwind 8; length 18; stub refuse accept_line parse_request_line parse_field take_field judge_head */
#include "proof.h"
#include "head.c"

static kr_limits any_limits(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    assume(kr__limits_validate(&limits));
    return limits;
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

static int parse_request_line(const kr__reader *reader, uint32_t at, kr_head *head)
{
    assert(at <= reader->length);
    int next = nondet_int();
    assume(next >= -599 && next <= (int)reader->length && (next <= 0 || next >= (int)at + 4));
    return next;
}

static int parse_field(const kr__reader *reader, uint32_t at, kr_field *field)
{
    assert(at < reader->length);
    int next = nondet_int();
    assume(next >= -599 && next <= (int)reader->length && (next <= 0 || next >= (int)at + 4));
    *field = (kr_field){at, 1, nondet_u16(), nondet_u16()};
    assume(next <= 0 || field->value + field->value_length + 2 <= next);
    return next;
}

static int take_field(const uint8_t *data, const kr_field *field, kr_head *head, bool *close)
{
    return nondet_bool() ? 400 : 0;
}

static int judge_head(kr_head *head, bool close)
{
    return nondet_bool() ? 400 : 0;
}

int main(void)
{
        kr_limits limits = any_limits();
        uint8_t data[LENGTH];
        any_bytes(data, LENGTH);

    size_t seen = nondet_size();
    assume(seen <= LENGTH);
    assume(limits.fields_max <= 2);
    kr_head head;
    int result = kr_head_parse(&limits, data, LENGTH, seen, &head);
    assert(result <= LENGTH && result >= -599);
    if (result > 0) {
        assert(data[result - 2] == '\r' && data[result - 1] == '\n');
        assert(head.fields_count <= limits.fields_max && head.fields_start <= result);
        for (uint32_t i = 0; i < 2; i++)
            assert(i >= head.fields_count || head.fields[i].value + head.fields[i].value_length <= result);
    }
    return 0;
}
