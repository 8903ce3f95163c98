/* prove: unwind 14; length 12; stub accept_line parse_request_line parse_field take_field judge_head */
#include "proof.h"
#include <string.h>
#include "krepis_kernel.h"

/* Without the loop over bytes. */
static void clear(kr_head *head, int value, size_t length)
{
    assert(value == 0 && length == offsetof(kr_head, fields));
    head->content_length = 0;
    head->flags = 0;
    head->fields_count = head->fields_start = head->minor = head->line = 0;
}
#define memset clear
#include "head.c"

static int accept_line(const kr__reader *reader, uint32_t at, uint32_t end, int too_long)
{
    assert(at <= end && end + 2 <= reader->length);
    int result = nondet_int();
    assume(result == -too_long || result == -431 || result == (int)end + 2);
    return result;
}

static int any_end(uint32_t from, uint32_t least)
{
    int end = nondet_int();
    assume(end >= -599 && end <= LENGTH && (end <= 0 || end >= (int)(from + least)));
    return end;
}

/* What is proved of these elsewhere. */
static int parse_request_line(const kr__reader *reader, uint32_t at, kr_head *head)
{
    assert(at <= reader->length && reader->length <= LENGTH);
    head->line = (uint16_t)at;
    return any_end(at, 2);
}

static int parse_field(const kr__reader *reader, uint32_t at, kr_field *field)
{
    assert(at < reader->length);
    int next = any_end(at, 4);
    *field = (kr_field){(uint16_t)at, nondet_u16(), nondet_u16(), nondet_u16()};
    if (next > 0) {
        assume(field->name_length > 0 && field->value > field->name + field->name_length);
        assume(field->value + field->value_length + 2 <= next);
    }
    return next;
}

static int any_status(void)
{
    int status = nondet_int();
    assume(status == 0 || (status >= 400 && status <= 599));
    return status;
}

static int take_field(const uint8_t *data, const kr_field *field, kr_head *head, bool *close)
{
    assert(field->name_length > 0 && field->name + field->name_length < field->value);
    assert(field->value + field->value_length <= LENGTH);
    return any_status();
}

static int judge_head(kr_head *head, bool close)
{
    return any_status();
}

int main(void)
{
    kr_limits limits = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_u64()};
    assume(kr__limits_validate(&limits));
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    size_t seen = nondet_size();
    assume(seen <= LENGTH);
    kr_head head = {0};
    int end = kr_head_parse(&limits, data, LENGTH, seen, &head);
    assert(end <= LENGTH && end >= -599);
    if (end > 0) {
        assert(data[end - 2] == '\r' && data[end - 1] == '\n');
        assert(head.fields_start >= 2 && head.fields_start + 2 <= end && head.fields_count <= limits.fields_max);
        uint32_t at = head.fields_start;
        for (uint32_t i = 0; i < head.fields_count; i++) {
            assert(head.fields[i].name >= at && head.fields[i].value > head.fields[i].name);
            at = head.fields[i].value + head.fields[i].value_length;
        }
        assert((int)at + 2 <= end);
    }
    return 0;
}
