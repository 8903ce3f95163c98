/* prove: unwind 7; length 6 */
#include "proof.h"
#include "head.c"

#include "span.c"

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    uint32_t length = nondet_u32();
    assume(length <= LENGTH);
    bool good = is_host(data, length);
    for (uint32_t i = 0; i < LENGTH; i++)
        assert(!good || i >= length || (data[i] > ' ' && data[i] < 0x7f && data[i] != '@' && data[i] != '/' && data[i] != '?'));
    return 0;
}
