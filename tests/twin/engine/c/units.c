/* The parts of the engine that no program can tell apart from outside: the clock, terms, thread states. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static void timers_fire_by_time_then_by_order_of_setting(void)
{
    int64_t clock[2 + 4 * KR__TIMER_WORDS] = {0};
    assert(kr__clock_set(clock, 4, 2, 50) == KR__OK);
    assert(kr__clock_set(clock, 4, 0, 10) == KR__OK);
    assert(kr__clock_set(clock, 4, 3, 10) == KR__OK);
    assert(kr__clock_set(clock, 4, 1, 0) == KR__OK);
    static const uint32_t order[] = {1, 0, 3, 2};
    static const int64_t times[] = {0, 10, 10, 50};
    for (int i = 0; i < 4; i++) {
        for (uint32_t t = 0; t < 4; t++)
            assert(kr__clock_is_next(clock, t) == (t == order[i]));
        assert(kr__clock_is_set(clock, order[i]));
        kr__clock_fire(clock, order[i]);
        assert(!kr__clock_is_set(clock, order[i]));
        assert(kr__clock_now(clock) == times[i]);
    }
}

static void the_order_of_setting_matters_for_equal_times_only(void)
{
    int64_t one[2 + 2 * KR__TIMER_WORDS] = {0}, other[2 + 2 * KR__TIMER_WORDS] = {0};
    kr__clock_set(one, 2, 0, 5);
    kr__clock_set(one, 2, 1, 7);
    kr__clock_set(other, 2, 1, 7);
    kr__clock_set(other, 2, 0, 5);
    assert(memcmp(one, other, sizeof one) == 0);
    memset(one, 0, sizeof one);
    memset(other, 0, sizeof other);
    kr__clock_set(one, 2, 0, 5);
    kr__clock_set(one, 2, 1, 5);
    kr__clock_set(other, 2, 1, 5);
    kr__clock_set(other, 2, 0, 5);
    assert(memcmp(one, other, sizeof one) != 0);
}

static void time_does_not_overflow(void)
{
    int64_t clock[2 + KR__TIMER_WORDS] = {0};
    assert(kr__clock_set(clock, 1, 0, -1) == KR__OVERFLOW);
    assert(kr__clock_set(clock, 1, 0, KR__TERM_BASE) == KR__OVERFLOW);
    assert(kr__clock_set(clock, 1, 0, KR__TERM_BASE - 1) == KR__OK);
    kr__clock_fire(clock, 0);
    assert(kr__clock_set(clock, 1, 0, 1) == KR__OVERFLOW);
}

static void equal_terms_have_equal_values(void)
{
    kr__terms *terms = kr__terms_new();
    assert(terms);
    int64_t x = kr__term_make(terms, KR__T_SYMBOL, 0, KR__ABSENT, KR__ABSENT, KR__ABSENT);
    int64_t y = kr__term_make(terms, KR__T_SYMBOL, 1, KR__ABSENT, KR__ABSENT, KR__ABSENT);
    assert(x != y && kr__is_term(x));
    assert(x == kr__term_make(terms, KR__T_SYMBOL, 0, KR__ABSENT, KR__ABSENT, KR__ABSENT));
    int64_t map = kr__term_make(terms, KR__T_UPDATE, 0, x, 1, 10);
    map = kr__term_make(terms, KR__T_UPDATE, 0, map, 2, 20);
    assert(kr__term_select(terms, map, 1) == 10);
    assert(kr__term_select(terms, map, 2) == 20);
    assert(kr__term_select(terms, map, 3) == kr__term_select(terms, x, 3));
    assert(kr__is_term(kr__term_select(terms, map, y))); /* y may be 1, 2 or neither */
    for (int64_t i = 0; i < 1000; i++) {
        int64_t first = kr__term_make(terms, KR__T_APPLY, 3, i, x, KR__ABSENT);
        assert(first == kr__term_make(terms, KR__T_APPLY, 3, i, x, KR__ABSENT));
    }
    kr__terms_free(terms);
}

static void finished_threads_stay_finished(void)
{
    for (int to = 0; to < KR__STATUSES; to++) {
        assert(kr__status_legal(KR__COMPLETED, (enum kr__status)to) == (to == KR__COMPLETED));
        assert(kr__status_legal(KR__FAILED, (enum kr__status)to) == (to == KR__FAILED));
        assert(to == KR__NEW || !kr__status_legal((enum kr__status)to, KR__NEW));
    }
    assert(kr__status_legal(KR__NEW, KR__RUNNABLE) && !kr__status_legal(KR__NEW, KR__RUNNING));
    assert(kr__status_legal(KR__BLOCKED, KR__RUNNABLE) && !kr__status_legal(KR__BLOCKED, KR__RUNNING));
    assert(kr__status_legal(KR__RUNNING, KR__SLEEPING) && kr__status_legal(KR__SLEEPING, KR__RUNNING));
}

static void sets_keep_one_of_each(void)
{
    kr__set *set = kr__set_new(2);
    assert(set);
    for (int64_t i = 0; i < 500; i++) {
        bool fresh = false;
        const int64_t words[2] = {i % 100, -i % 100};
        assert(kr__set_add(set, words, &fresh) == i % 100);
        assert(fresh == (i < 100));
    }
    assert(kr__set_count(set) == 100);
    assert(kr__set_get(set, 42)[1] == -42);
    kr__set_free(set);
}

int main(void)
{
    timers_fire_by_time_then_by_order_of_setting();
    the_order_of_setting_matters_for_equal_times_only();
    time_does_not_overflow();
    equal_terms_have_equal_values();
    finished_threads_stay_finished();
    sets_keep_one_of_each();
    puts("ok");
    return 0;
}
