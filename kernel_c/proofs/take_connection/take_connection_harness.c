/* prove: unwind 9; length 6 */
#include "proof.h"
#include "head.c"

#include "span.c"

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
    assert(!close || length >= 5);
    return 0;
}
