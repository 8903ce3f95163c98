/* prove: unwind 14; length 12; stub next_within */
#include "proof.h"
#include <stdlib.h>

/* Without the loop that sets all to 0: what is read later is written here. */
static void *taken(size_t count, size_t size)
{
    return malloc(count * size);
}
#define calloc taken
#include "program.c"

/* What is proved of it elsewhere. */
static int64_t next_within(reader *r, int64_t low, int64_t high)
{
    assert(low <= high);
    int64_t value = nondet_i64();
    assume(value >= low && value <= high);
    r->bad = r->bad || r->left == 0 || nondet_bool();
    r->left -= r->left > 0;
    return value;
}

int main(void)
{
    reader r = {0, nondet_size(), nondet_bool()};
    assume(r.left <= LENGTH);
    size_t left = r.left;
    kr__thread t = {0};
    if (read_thread(&r, &t)) {
        assert(!r.bad && t.registers <= KR__REGISTERS_MAX && t.count <= KR__CODE_MAX && t.initial && t.code);
        assert(left - r.left == 3 + t.registers + (size_t)INSTRUCTION_WORDS * t.count);
        for (uint32_t i = 0; i < t.registers; i++)
            assert(is_integer(t.initial[i]));
        for (uint32_t i = 0; i < t.count; i++) {
            assert(t.code[i].op < KR__OPS && t.code[i].dst >= -1 && t.code[i].dst < KR__REGISTERS_MAX);
            assert(t.code[i].obj >= -1 && t.code[i].target >= -1 && t.code[i].target <= KR__CODE_MAX);
        }
    }
    return 0;
}
