/* prove: unwind 9; length 8 */
#include "proof.h"
#include "stateful.c"

int main(void)
{
    uint64_t table[LENGTH];
    uint32_t used = 0;
    for (int i = 0; i < LENGTH; i++) {
        table[i] = nondet_u64();
        used += table[i] != 0;
    }
    assume(used < LENGTH);
    uint64_t before[LENGTH];
    memcpy(before, table, sizeof before);
    bfs b = {.table = table, .table_bits = 3};
    uint64_t hash = nondet_u64(), value = nondet_u64();
    place(&b, hash, value);
    uint32_t changed = 0, at = LENGTH;
    for (uint32_t i = 0; i < LENGTH; i++) {
        if (before[i] != table[i]) {
            changed++;
            at = i;
        }
    }
    assert(changed == (value != 0));
    if (changed) {
        assert(before[at] == 0 && table[at] == value);
        for (uint64_t i = hash >> 61; i != at; i = (i + 1) & 7)
            assert(before[i] != 0);
    }
    return 0;
}
