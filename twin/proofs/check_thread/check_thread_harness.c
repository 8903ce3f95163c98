/* prove: unwind 5; stub instruction_fits; quick */
#include "proof.h"
#include "program.c"

enum { CODE = 3 };
static bool all_fit = true;

static bool instruction_fits(const kr_program *p, const kr__thread *t, uint32_t at, const int32_t *block)
{
    assert(at < t->count && block[t->count] == -1);
    bool inside = block[at] >= 0;
    assert(!inside || (block[at] <= (int32_t)at && t->code[block[at]].op == KR__ATOMIC));
    bool fits = nondet_bool();
    all_fit = all_fit && fits;
    return fits;
}

int main(void)
{
    kr__instruction code[CODE] = {0};
    uint32_t count = nondet_u32();
    assume(count <= CODE);
    for (uint32_t i = 0; i < count; i++)
        code[i].op = nondet_u8();
    kr__thread t = {.count = count, .code = code};
    kr_program p = {0};
    int64_t wrong = check_thread(&p, &t);
    int32_t depth = 0;
    bool balanced = true;
    for (uint32_t i = 0; i < count; i++) {
        depth += (code[i].op == KR__ATOMIC) - (code[i].op == KR__ATOMIC_END);
        balanced = balanced && depth >= 0 && depth <= 1;
    }
    assert(wrong >= -1 && wrong < (int64_t)(count ? count : 1));
    assert((wrong == -1) == (balanced && depth == 0 && all_fit));
    return 0;
}
