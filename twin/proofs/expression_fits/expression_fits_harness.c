/* prove: unwind 9; length 7 */
#include "proof.h"
#include "program.c"

int main(void)
{
    int64_t words[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        words[i] = nondet_i64();
    kr_program program = {.locations = nondet_u32(), .expression = words, .expression_words = LENGTH};

    int64_t offset = nondet_i64();
    bool good = expression_fits(&program, offset, nondet_u32(), nondet_bool());
    assert(!good || (offset >= 0 && offset < LENGTH - 1));
    return 0;
}
