/* prove: unwind 5 */
#include <stdlib.h>

#include "ring_proof.h"

int main(void)
{
    kr_ring *ring = any_ring();
    uint32_t tail = ring->tail, head = ring->head, count = tail - head, sleepy = ring->sleepy;
    uint64_t item = nondet_u64();
    int result = kr_ring_put(ring, item);
    if (count == CAPACITY) {
        assert(result == KR_EFULL && ring->tail == tail);
        return 0;
    }
    assert(result == (int)sleepy && ring->sleepy == 0);
    assert(ring->tail == tail + 1 && ring->head == head);
    assert(ring->slots[tail % CAPACITY].item == item && ring->slots[tail % CAPACITY].turn == tail + 1);
    return 0;
}
