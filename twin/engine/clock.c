/* Virtual time: a clock that only moves when a timer fires, and its queue of timers.
 *
 * Timers fire in the order of (due time, Lamport time of setting, thread).  The queue is one process in
 * the sense of L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System" (1978): a setting gets
 * a counter past those of all pending timers with the same due time, so these fire in the order of setting.  The
 * counters are renumbered when a timer fires, which keeps equal queues equal.  The wall clock is never read.
 */
#include <string.h>

#include "internal.h"

enum { NOW, COUNT, TIMERS };

int64_t kr__clock_now(const int64_t *clock)
{
    assert(clock[NOW] >= 0);
    assert(clock[COUNT] >= 0);
    return clock[NOW];
}

int kr__clock_set(int64_t *clock, uint32_t capacity, uint32_t thread, int64_t duration_ns)
{
    assert((uint64_t)clock[COUNT] < capacity);
    assert(!kr__clock_is_set(clock, thread));
    if (duration_ns < 0 || duration_ns >= KR__TERM_BASE - clock[NOW] || (uint64_t)clock[COUNT] >= capacity)
        return KR__OVERFLOW;
    int64_t due = clock[NOW] + duration_ns;
    int64_t *timers = clock + TIMERS;
    int64_t at = clock[COUNT];
    while (at > 0 && timers[(at - 1) * KR__TIMER_WORDS] > due)
        at--;
    memmove(timers + (at + 1) * KR__TIMER_WORDS, timers + at * KR__TIMER_WORDS,
            (size_t)(clock[COUNT] - at) * KR__TIMER_WORDS * sizeof *timers);
    bool tie = at > 0 && timers[(at - 1) * KR__TIMER_WORDS] == due;
    timers[at * KR__TIMER_WORDS] = due;
    timers[at * KR__TIMER_WORDS + 1] = tie ? timers[(at - 1) * KR__TIMER_WORDS + 1] + 1 : 1;
    timers[at * KR__TIMER_WORDS + 2] = thread;
    clock[COUNT]++;
    return KR__OK;
}

bool kr__clock_is_next(const int64_t *clock, uint32_t thread)
{
    assert(clock[COUNT] >= 0);
    return clock[COUNT] > 0 && clock[TIMERS + 2] == thread;
}

bool kr__clock_is_set(const int64_t *clock, uint32_t thread)
{
    assert(clock[COUNT] >= 0);
    for (int64_t i = 0; i < clock[COUNT]; i++) {
        if (clock[TIMERS + i * KR__TIMER_WORDS + 2] == thread)
            return true;
    }
    return false;
}

void kr__clock_fire(int64_t *clock, uint32_t thread)
{
    assert(kr__clock_is_next(clock, thread));
    int64_t *timers = clock + TIMERS;
    int64_t due = timers[0];
    clock[NOW] = timers[0] > clock[NOW] ? timers[0] : clock[NOW];
    clock[COUNT]--;
    memmove(timers, timers + KR__TIMER_WORDS, (size_t)clock[COUNT] * KR__TIMER_WORDS * sizeof *timers);
    memset(timers + clock[COUNT] * KR__TIMER_WORDS, 0, KR__TIMER_WORDS * sizeof *timers);
    for (int64_t i = 0; i < clock[COUNT]; i++)
        timers[i * KR__TIMER_WORDS + 1] -= timers[i * KR__TIMER_WORDS] == due;
    assert(!kr__clock_is_set(clock, thread));
    (void)thread;
}
