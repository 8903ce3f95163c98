/* prove: unwind 20 */
#include "proof.h"
#include "output.c"

static uint8_t memory[3 * KR__BLOCK_BYTES];

/* A chain of 0 to 2 blocks of 3, the rest of them free. */
static void any_chain(kr__output *output, kr__chain *chain)
{
    uint32_t used = nondet_u32();
    assume(used <= 2);
    for (uint32_t i = 0; i < 3; i++) {
        bool last = i + 1 == used || i == 2;
        output->blocks[i] = (kr__block){.data = memory + i * KR__BLOCK_BYTES, .at = nondet_u64(), .end = nondet_u64(),
                                        .file = -1, .next = last ? KR__NONE : i + 1};
        assume(output->blocks[i].at <= output->blocks[i].end && output->blocks[i].end <= KR__BLOCK_BYTES);
    }
    output->free = used;
    *chain = used ? (kr__chain){0, used - 1} : (kr__chain){KR__NONE, KR__NONE};
}

int main(void)
{
    kr__block blocks[3];
    kr__output output = {.memory = memory, .blocks = blocks, .count = 3};
    kr__chain chain;
    any_chain(&output, &chain);

    assume(chain.first != KR__NONE);
    kr__slice slices[KR__SLICES_MAX];
    int count = kr__output_slices(&output, &chain, slices);
    assert(count == (chain.first == chain.last ? 1 : 2));
    for (int i = 0; i < 2; i++)
        assert(i >= count || (size_t)(slices[i].data - memory) + slices[i].length <= (size_t)(i + 1) * KR__BLOCK_BYTES);
    return 0;
}
