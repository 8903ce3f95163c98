/* prove: unwind 12; length 10; quick */
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
    int status = take_transfer_encoding(data, length, &head);
    assert(status == 0 || status == 400 || status == 501);
    assert(status != 0 || (length == 7 && !(flags & KR_CHUNKED) && head.flags == (flags | KR_CHUNKED)));
    return 0;
}
