/* Herbrand terms, hash-consed: structurally equal terms have equal values, so comparing values decides equality.
 *
 * Maps follow the theory of arrays as far as it is syntactic (J. McCarthy, "Towards a Mathematical Science of
 * Computation", 1962): select(update(m, k, v), k) = v, and a select skips updates at other integer keys.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct term {
    int64_t kind, function, part[3];
} term;

struct kr__terms {
    pthread_mutex_t lock;
    term *terms;
    uint32_t *slots; /* index + 1, 0: free */
    uint32_t count, capacity, mask;
};

enum { FIRST_CAPACITY = 64, TERMS_MAX = 1 << 26 };

kr__terms *kr__terms_new(void)
{
    kr__terms *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    t->capacity = FIRST_CAPACITY;
    t->mask = FIRST_CAPACITY * 2 - 1;
    t->terms = calloc(t->capacity, sizeof *t->terms);
    t->slots = calloc(t->mask + 1, sizeof *t->slots);
    if (!t->terms || !t->slots) {
        kr__terms_free(t);
        return NULL;
    }
    assert((t->mask & (t->mask + 1)) == 0);
    return t;
}

void kr__terms_free(kr__terms *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->terms);
    free(t->slots);
    free(t);
}

static uint64_t hash(const term *x)
{
    const int64_t words[5] = {x->kind, x->function, x->part[0], x->part[1], x->part[2]};
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 5; i++) {
        h ^= (uint64_t)words[i];
        h *= 0xBF58476D1CE4E5B9u;
        h ^= h >> 29;
    }
    return h;
}

static bool widen(kr__terms *t)
{
    uint32_t capacity = t->capacity * 2;
    if (capacity > TERMS_MAX)
        return false;
    term *terms = realloc(t->terms, capacity * sizeof *terms);
    if (!terms)
        return false;
    t->terms = terms;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->capacity = capacity;
    t->mask = capacity * 2 - 1;
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t at = (uint32_t)hash(&t->terms[i]) & t->mask;
        while (t->slots[at])
            at = (at + 1) & t->mask;
        t->slots[at] = i + 1;
    }
    assert(t->count < t->capacity);
    return true;
}

int64_t kr__term_make(kr__terms *t, int kind, int64_t function, int64_t a, int64_t b, int64_t c)
{
    assert(kind >= KR__T_SYMBOL && kind <= KR__T_OPERATOR);
    term wanted = {kind, function, {a, b, c}};
    int64_t value = KR__ABSENT;
    pthread_mutex_lock(&t->lock);
    if (t->count < t->capacity || widen(t)) {
        uint32_t at = (uint32_t)hash(&wanted) & t->mask;
        while (t->slots[at] && memcmp(&t->terms[t->slots[at] - 1], &wanted, sizeof wanted) != 0)
            at = (at + 1) & t->mask;
        if (!t->slots[at]) {
            t->terms[t->count] = wanted;
            t->slots[at] = ++t->count;
        }
        value = KR__TERM_BASE + t->slots[at] - 1;
    }
    pthread_mutex_unlock(&t->lock);
    assert(value == KR__ABSENT || kr__is_term(value));
    return value;
}

static bool lookup(kr__terms *t, int64_t value, term *out)
{
    bool known = false;
    pthread_mutex_lock(&t->lock);
    if (kr__is_term(value) && value - KR__TERM_BASE < t->count) {
        *out = t->terms[value - KR__TERM_BASE];
        known = true;
    }
    pthread_mutex_unlock(&t->lock);
    return known;
}

int64_t kr__term_select(kr__terms *t, int64_t source, int64_t key)
{
    term x;
    while (lookup(t, source, &x) && x.kind == KR__T_UPDATE) {
        if (x.part[1] == key)
            return x.part[2];
        if (kr__is_term(x.part[1]) || kr__is_term(key))
            break;
        source = x.part[0];
    }
    return kr__term_make(t, KR__T_SELECT, 0, source, key, KR__ABSENT);
}

int kr__term_get(kr__terms *t, int64_t value, int64_t out[5])
{
    term x;
    if (!lookup(t, value, &x))
        return KR_EARGUMENT;
    out[0] = x.kind;
    out[1] = x.function;
    for (int i = 0; i < 3; i++)
        out[2 + i] = x.part[i];
    assert(out[0] >= KR__T_SYMBOL);
    return 0;
}
