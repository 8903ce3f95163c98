/* prove: unwind 20; length 18; stub take_host take_connection take_content_length take_transfer_encoding; quick */
#include "proof.h"
#include "head.c"

static int take(const uint8_t *value, uint32_t length)
{
    uint8_t last = length ? value[length - 1] : 0;
    return last & nondet_bool() ? 400 : 0;
}

static int take_host(const uint8_t *value, uint32_t length, kr_head *head)
{
    return take(value, length);
}

static int take_connection(const uint8_t *value, uint32_t length, kr_head *head, bool *close)
{
    return take(value, length);
}

static int take_content_length(const uint8_t *value, uint32_t length, kr_head *head)
{
    return take(value, length);
}

static int take_transfer_encoding(const uint8_t *value, uint32_t length, kr_head *head)
{
    return take(value, length);
}

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    kr_field field = {nondet_u16(), nondet_u16(), nondet_u16(), nondet_u16()};
    assume(field.name_length > 0 && field.name + field.name_length < field.value);
    assume(field.value + field.value_length <= LENGTH);
    kr_head head = {0};
    bool close;
    int status = take_field(data, &field, &head, &close);
    assert(status == 0 || status == 400 || status == 417 || status == 501);
    assert(head.flags == 0 || field.name_length == 6 || field.name_length == 7);
    return 0;
}
