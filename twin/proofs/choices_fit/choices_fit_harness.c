/* prove: unwind 9; length 5 */
#include "proof.h"
#include "program.c"

int main(void)
{
    int64_t words[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        words[i] = nondet_i64();
    kr_program program = {.locations = nondet_u32(), .expression = words, .expression_words = LENGTH};

    int64_t offset = nondet_i64();
    if (operand_fits(&program, offset, 4, true))
        assert(!choices_fit(&program, offset) || (words[offset + 1] >= 1 && words[offset + 1] <= 64));
    return 0;
}
