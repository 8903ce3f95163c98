/* prove: unwind 5; stub operand_fits choices_fit */
#include "proof.h"
#include "program.c"

enum { CODE = 3 };

static bool operand_fits(const kr_program *p, int64_t offset, uint32_t registers, bool needed)
{
    return nondet_bool() && (offset >= 0 || (offset == -1 && !needed));
}

static bool choices_fit(const kr_program *p, int64_t a)
{
    assert(a >= 0);
    return nondet_bool();
}

int main(void)
{
    kr_program p = {.locations = nondet_u32(), .mutexes = nondet_u32(), .semaphores = nondet_u32(),
                    .promises = nondet_u32(), .threads = nondet_u32()};
    assume(p.locations <= KR__WORDS_MAX && p.mutexes <= KR__WORDS_MAX && p.semaphores <= KR__WORDS_MAX);
    assume(p.promises <= KR__WORDS_MAX && p.threads <= KR__THREADS_MAX);
    kr__instruction code[CODE];
    int32_t block[CODE + 1];
    for (int i = 0; i <= CODE; i++) {
        block[i] = nondet_int();
        assume(block[i] >= -1 && block[i] < CODE);
    }
    for (int i = 0; i < CODE; i++) {
        code[i] = (kr__instruction){.op = nondet_u8(), .dst = nondet_int(), .obj = nondet_int(), .target = nondet_int(),
                                    .index = nondet_i64(), .a = nondet_i64(), .b = nondet_i64()};
        assume(code[i].op < KR__OPS);
    }
    kr__thread t = {.registers = nondet_u32(), .count = CODE, .code = code};
    assume(t.registers <= KR__REGISTERS_MAX);
    uint32_t at = nondet_u32();
    assume(at < CODE);
    const kr__instruction *i = &code[at];
    if (instruction_fits(&p, &t, at, block)) {
        assert(i->dst >= -1 && i->dst < (int32_t)t.registers);
        assert(i->op != KR__LOAD || (i->dst >= 0 && (uint32_t)i->obj < p.locations && i->index >= 0));
        assert(i->op != KR__SPAWN || (uint32_t)i->obj < p.threads);
        assert((i->op != KR__LOCK && i->op != KR__UNLOCK) || (uint32_t)i->obj < p.mutexes);
        assert((i->op != KR__TAKE && i->op != KR__GIVE) || (uint32_t)i->obj < p.semaphores);
        assert((i->op != KR__JUMP && i->op != KR__BRANCH) || (uint32_t)i->target <= t.count);
        assert(i->op != KR__CAS || (i->a >= 0 && i->b >= 0));
    }
    return 0;
}
