/* prove: unwind 10; length 8; quick */
#include "proof.h"
#include "head.c"

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    uint32_t length = nondet_u32();
    assume(length > 0 && length <= LENGTH);
    int method = method_of(data, length);
    assert(method >= 0 && method <= KR_METHOD_OTHER);
    assert(method != KR_GET || (length == 3 && data[0] == 'G' && data[1] == 'E' && data[2] == 'T'));
    assert(method != KR_OPTIONS || (length == 7 && data[0] == 'O' && data[6] == 'S'));
    assert(method != KR_DELETE || (length == 6 && data[0] == 'D' && data[5] == 'E'));
    return 0;
}
