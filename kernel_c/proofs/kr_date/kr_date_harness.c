/* prove: unwind 30 */
#include "proof.h"
#include "response.c"

int main(void)
{
    int64_t seconds = nondet_i64();
    assume(seconds >= 0 && seconds < INT64_C(253402300800));
    char out[KR_DATE_BYTES];
    kr_date(seconds, out);
    assert(out[3] == ',' && out[28] == 'T');
    assert(out[5] >= '0' && out[5] <= '3' && out[17] >= '0' && out[17] <= '2');
    return 0;
}
