/* prove: unwind 5 */
#include "proof.h"
#include "router.c"

const uint8_t kr__class[256] = {0};
enum { NODES = 4, TEXT = 4 };

int main(void)
{
    kr__node nodes[NODES];
    char text[TEXT];
    any_bytes((uint8_t *)text, TEXT);
    kr_router router = {.nodes = nodes, .text = text, .nodes_count = NODES, .nodes_max = NODES, .text_count = TEXT,
                        .text_max = TEXT};
    for (uint32_t i = 0; i < NODES; i++) {
        /* Children are added in front, so siblings have lower numbers. */
        nodes[i] = (kr__node){.text = nondet_u32(), .length = 1, .child = nondet_u32(), .sibling = nondet_u32(),
                              .kind = STATIC};
        assume(nodes[i].text < TEXT && (nodes[i].sibling == NONE || nodes[i].sibling < i));
        assume(nodes[i].child == NONE || nodes[i].child < NODES);
    }
    uint32_t index = nondet_u32();
    assume(index < NODES);
    char first = (char)nondet_u8();
    uint32_t child = static_child(&router, &nodes[index], first);
    assert(child == NONE || (child < NODES && text[nodes[child].text] == first));
    if (child == NONE) {
        for (uint32_t i = nodes[index].child; i != NONE; i = nodes[i].sibling)
            assert(text[nodes[i].text] != first);
    }
    return 0;
}
