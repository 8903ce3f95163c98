/* prove: unwind 21 */
#include "proof.h"
#include "response.c"

int main(void)
{
    uint8_t out[20];
    uint64_t number = nondet_u32();
    uint8_t *end = kr__put_number(out, number);
    size_t length = (size_t)(end - out);
    assert(length >= 1 && length <= 10);
    for (size_t i = 0; i < 20; i++)
        assert(i >= length || (out[i] >= '0' && out[i] <= '9'));
    assert(length == 1 || out[0] != '0');
    return 0;
}
