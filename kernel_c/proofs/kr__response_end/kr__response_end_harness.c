/* prove: unwind 31; quick */
#include "proof.h"
#include "response.c"

int main(void)
{
    uint8_t out[64];
    char date[KR_DATE_BYTES];
    int flags = nondet_int();
    assume((flags & (KR_CLOSE | KR_SAY_KEEP_ALIVE)) != (KR_CLOSE | KR_SAY_KEEP_ALIVE));
    uint8_t *end = kr__response_end(out, flags, date);
    assert(end - out <= 63 && end[-2] == '\r' && end[-1] == '\n');
    return 0;
}
