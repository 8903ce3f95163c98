/* prove: unwind 12; length 11 */
#include "proof.h"
#include "span.c"

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    int kind = nondet_int();
    assume(kind >= KR_SPAN_TOKEN && kind <= KR_SPAN_VALUE);
    size_t end = kr_span_portable(kind, data, LENGTH);
    uint8_t class = kind == KR_SPAN_TOKEN ? KR__TOKEN : kind == KR_SPAN_TARGET ? KR__TARGET : KR__VALUE;
    assert(end <= LENGTH);
    for (size_t i = 0; i < LENGTH; i++)
        assert(i >= end || kr__class[data[i]] & class);
    assert(end == LENGTH || !(kr__class[data[end]] & class));
    return 0;
}
