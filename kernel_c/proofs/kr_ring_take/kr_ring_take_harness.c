/* prove: unwind 5; quick */
#include <stdlib.h>

#include "ring_proof.h"

int main(void)
{
    kr_ring *ring = any_ring();
    uint32_t tail = ring->tail, head = ring->head;
    uint64_t first = ring->slots[head % CAPACITY].item, item = 0;
    int result = kr_ring_take(ring, &item);
    assert(result == (head != tail) && ring->tail == tail);
    assert(ring->head == head + (uint32_t)result);
    if (result) {
        assert(item == first && ring->slots[head % CAPACITY].turn == head + CAPACITY);
    } else {
        assert(kr_ring_doze(ring) == 1 && ring->sleepy == 1);
    }
    return 0;
}
