/* prove: unwind 42; stub widen hash */
#include "proof.h"
#include "term.c"

static uint64_t hash(const term *x)
{
    static term seen[2];
    static uint64_t value[2];
    static int count;
    for (int i = 0; i < count; i++) {
        if (memcmp(&seen[i], x, sizeof *x) == 0)
            return value[i];
    }
    seen[count] = *x;
    value[count] = nondet_u8();
    return value[count++];
}

static bool widen(kr__terms *t)
{
    assert(false);
    return false;
}

int main(void)
{
    term terms[4];
    uint32_t slots[8] = {0};
    kr__terms table = {.terms = terms, .slots = slots, .count = 0, .capacity = 4, .mask = 7};

    int64_t function = nondet_u8(), a = nondet_u8(), b = nondet_u8();
    int64_t first = kr__term_make(&table, KR__T_APPLY, function, a, b, 0);
    int64_t other = kr__term_make(&table, KR__T_APPLY, nondet_u8(), nondet_u8(), nondet_u8(), 0);
    int64_t again = kr__term_make(&table, KR__T_APPLY, function, a, b, 0);
    assert(kr__is_term(first) && first == again);
    assert(table.count == (other == first ? 1u : 2u));
    int64_t out[5];
    assert(kr__term_get(&table, first, out) == 0);
    assert(out[1] == function && out[2] == a && out[3] == b);
    assert(kr__term_get(&table, KR__TERM_BASE + table.count, out) == KR_EARGUMENT);
    return 0;
}
