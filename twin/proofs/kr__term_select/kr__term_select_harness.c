/* prove: unwind 5; stub kr__term_make */
#include "proof.h"
#include <pthread.h>
#define pthread_mutex_lock(lock) ((void)0)
#define pthread_mutex_unlock(lock) ((void)0)
#include "term.c"

enum { TERMS = 3 };

int64_t kr__term_make(kr__terms *t, int kind, int64_t function, int64_t a, int64_t b, int64_t c)
{
    assert(kind == KR__T_SELECT);
    return KR__ABSENT;
}

int main(void)
{
    term terms[TERMS];
    kr__terms t = {.terms = terms, .capacity = TERMS, .count = TERMS};
    for (uint32_t i = 0; i < TERMS; i++) {
        terms[i] = (term){nondet_i64(), nondet_i64(), {nondet_i64(), nondet_i64(), nondet_i64()}};
        assume(terms[i].kind >= KR__T_SYMBOL && terms[i].kind <= KR__T_OPERATOR);
        /* A term is made of older ones. */
        assume(!kr__is_term(terms[i].part[0]) || terms[i].part[0] < KR__TERM_BASE + i);
    }
    int64_t source = nondet_i64(), key = nondet_i64();
    int64_t value = kr__term_select(&t, source, key);
    if (kr__is_term(source) && source - KR__TERM_BASE < TERMS) {
        const term *x = &terms[source - KR__TERM_BASE];
        assert(x->kind != KR__T_UPDATE || x->part[1] != key || value == x->part[2]);
    }
    int64_t out[5];
    assert(kr__term_get(&t, source, out) == (kr__is_term(source) && source - KR__TERM_BASE < TERMS ? 0 : KR_EARGUMENT));
    return 0;
}
