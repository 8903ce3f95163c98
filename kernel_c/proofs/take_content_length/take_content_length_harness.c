/* prove: unwind 22; length 20 */
#include "proof.h"
#include "head.c"

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    uint32_t length = nondet_u32();
    assume(length <= LENGTH);
    kr_head head = {.flags = nondet_u32()};
    uint32_t flags = head.flags;
    int status = take_content_length(data, length, &head);
    assert(status == 0 || status == 400);
    assert(status == 400 || (length > 0 && !(flags & KR_HAS_LENGTH) && head.content_length <= INT64_MAX));
    assert(status == 400 || head.flags == (flags | KR_HAS_LENGTH));
    assert(status == 400 || length != 2 || head.content_length == (data[0] - '0') * 10u + (data[1] - '0'));
    return 0;
}
