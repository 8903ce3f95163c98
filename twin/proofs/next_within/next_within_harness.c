/* prove: unwind 4; quick */
#include "proof.h"
#include "program.c"

int main(void)
{
    int64_t words[2] = {nondet_i64(), nondet_i64()};
    reader r = {words, nondet_size(), false};
    assume(r.left <= 2);
    size_t left = r.left;
    int64_t low = nondet_i64(), high = nondet_i64();
    assume(low <= high && high < INT64_MAX);
    int64_t value = next_within(&r, low, high);
    assert(value >= low && value <= high);
    assert(r.left == (left ? left - 1 : 0) && (left > 0 || r.bad || low <= 0));
    return 0;
}
