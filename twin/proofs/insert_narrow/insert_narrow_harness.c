/* prove: unwind 9; length 4; stub hash_key new_record keep_record record_at */
#include "proof.h"
#include "stateful.c"

static uint64_t kept, hashed;
static uint32_t records;

static uint64_t hash_key(const uint64_t *key, uint32_t words)
{
    return hashed;
}

static int new_record(crew *c, uint64_t *record)
{
    *record = 0;
    return 0;
}

static int keep_record(crew *c, uint64_t record)
{
    records++;
    return 0;
}

static uint64_t *record_at(const bfs *b, uint64_t index)
{
    return &kept;
}

int main(void)
{
    uint64_t table[LENGTH], before[LENGTH];
    uint32_t used = 0;
    for (int i = 0; i < LENGTH; i++) {
        table[i] = before[i] = nondet_u64();
        used += table[i] != 0;
    }
    assume(used < LENGTH);
    hashed = nondet_u64();
    uint64_t key = nondet_u64();
    assume(key != 0);
    bool there = false;
    for (uint64_t n = 0, i = hashed >> 62; n < LENGTH && before[i]; n++, i = (i + 1) & 3)
        there = there || before[i] == key;
    bfs b = {.table = table, .table_bits = 2, .crew_count = 1 + nondet_bool(), .words = 1};
    crew c = {.bfs = &b};
    uint32_t fresh = 0;
    assert(insert_narrow(&c, key, &fresh) == 0);
    assert(fresh == !there && records == fresh && (!fresh || kept == key));
    for (int i = 0; i < LENGTH; i++)
        assert(table[i] == before[i] || (!there && before[i] == 0 && table[i] == key));
    return 0;
}
