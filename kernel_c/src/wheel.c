/* A hierarchical timer wheel: G. Varghese and T. Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 7.
 *
 * A timer lies on the level of the highest group of 6 bits in which its time differs from the wheel's.  So on every
 * level all that is set lies ahead in the current turn, the lowest level that has any comes first, and a bit mask a
 * level finds it.  When the wheel reaches a slot above level 0, its timers move down. */
#include <stdlib.h>

#include "internal.h"

#define NONE UINT32_MAX
enum { BITS = 6, SLOTS = 1 << BITS, LEVELS = 11, UNSET = LEVELS * SLOTS };

typedef struct kr__timer {
    uint64_t due;
    uint32_t next, previous;
    uint32_t slot; /* UNSET, or level * SLOTS + slot */
} kr__timer;

typedef struct kr__list {
    uint32_t first, last;
} kr__list;

struct kr_wheel {
    uint64_t now;
    uint32_t capacity;
    uint64_t used[LEVELS];
    kr__list slots[LEVELS * SLOTS];
    kr__timer timers[];
};

kr_wheel *kr_wheel_new(uint32_t capacity, uint64_t now)
{
    if (capacity == 0 || capacity > 1 << 26)
        return NULL;
    kr_wheel *wheel = malloc(sizeof *wheel + capacity * sizeof *wheel->timers);
    if (!wheel)
        return NULL;
    wheel->now = now;
    wheel->capacity = capacity;
    memset(wheel->used, 0, sizeof wheel->used);
    memset(wheel->slots, 0xff, sizeof wheel->slots);
    for (uint32_t i = 0; i < capacity; i++)
        wheel->timers[i].slot = UNSET;
    assert(wheel->slots[0].first == NONE);
    return wheel;
}

void kr_wheel_free(kr_wheel *wheel)
{
    free(wheel);
}

static void link_timer(kr_wheel *wheel, uint32_t index)
{
    kr__timer *timer = &wheel->timers[index];
    assert(timer->slot == UNSET);
    assert(timer->due >= wheel->now);
    uint64_t differs = (timer->due ^ wheel->now) | 1;
    uint32_t level = (uint32_t)(63 - __builtin_clzll(differs)) / BITS;
    uint32_t in_level = timer->due >> (level * BITS) & (SLOTS - 1);
    timer->slot = level * SLOTS + in_level;
    kr__list *list = &wheel->slots[timer->slot];
    timer->next = NONE;
    timer->previous = list->last;
    if (list->last == NONE)
        list->first = index;
    else
        wheel->timers[list->last].next = index;
    list->last = index;
    wheel->used[level] |= UINT64_C(1) << in_level;
}

static void unlink_timer(kr_wheel *wheel, uint32_t index)
{
    kr__timer *timer = &wheel->timers[index];
    assert(timer->slot < UNSET);
    kr__list *list = &wheel->slots[timer->slot];
    assert(list->first != NONE);
    if (timer->previous == NONE)
        list->first = timer->next;
    else
        wheel->timers[timer->previous].next = timer->next;
    if (timer->next == NONE)
        list->last = timer->previous;
    else
        wheel->timers[timer->next].previous = timer->previous;
    if (list->first == NONE)
        wheel->used[timer->slot / SLOTS] &= ~(UINT64_C(1) << timer->slot % SLOTS);
    timer->slot = UNSET;
}

void kr_wheel_set(kr_wheel *wheel, uint32_t timer, uint64_t due)
{
    assert(timer < wheel->capacity);
    kr_wheel_cancel(wheel, timer);
    wheel->timers[timer].due = due > wheel->now ? due : wheel->now;
    link_timer(wheel, timer);
    assert(wheel->timers[timer].slot != UNSET);
}

void kr_wheel_cancel(kr_wheel *wheel, uint32_t timer)
{
    assert(timer < wheel->capacity);
    if (wheel->timers[timer].slot != UNSET)
        unlink_timer(wheel, timer);
    assert(wheel->timers[timer].slot == UNSET);
}

/* The first level with a timer, or LEVELS. */
static uint32_t lowest(const kr_wheel *wheel)
{
    uint32_t level = 0;
    while (level < LEVELS && wheel->used[level] == 0)
        level++;
    assert(level <= LEVELS);
    return level;
}

uint64_t kr_wheel_next(const kr_wheel *wheel)
{
    uint32_t level = lowest(wheel);
    if (level == LEVELS)
        return UINT64_MAX;
    uint64_t in_level = (uint64_t)__builtin_ctzll(wheel->used[level]);
    uint32_t above = (level + 1) * BITS;
    uint64_t turn = above < 64 ? wheel->now >> above << above : 0;
    uint64_t next = turn | in_level << (level * BITS);
    assert(next >= wheel->now);
    return next;
}

uint32_t kr_wheel_advance(kr_wheel *wheel, uint64_t now, uint32_t *fired, uint32_t capacity)
{
    assert(now >= wheel->now);
    assert(fired && capacity > 0);
    uint32_t count = 0;
    for (uint64_t next = kr_wheel_next(wheel); next <= now && next != UINT64_MAX; next = kr_wheel_next(wheel)) {
        uint32_t level = lowest(wheel);
        kr__list *list = &wheel->slots[level * SLOTS + (next >> (level * BITS) & (SLOTS - 1))];
        wheel->now = next;
        while (list->first != NONE) {
            uint32_t timer = list->first;
            if (level == 0 && count == capacity)
                return count;
            unlink_timer(wheel, timer);
            if (level == 0)
                fired[count++] = timer;
            else
                link_timer(wheel, timer);
        }
    }
    wheel->now = now;
    return count;
}
