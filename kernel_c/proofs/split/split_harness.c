/* prove: unwind 34; quick */
#include "proof.h"
#include "router.c"

const uint8_t kr__class[256] = {0};

int main(void)
{
    kr__node nodes[3];
    char text[8];
    any_bytes((uint8_t *)text, 8);
    kr_router router = {.nodes = nodes, .text = text, .nodes_count = 2, .nodes_max = 3, .text_count = 4, .text_max = 8};
    for (int i = 0; i < 2; i++) {
        nodes[i] = (kr__node){.text = nondet_u32(), .length = nondet_u32(), .child = NONE, .sibling = NONE, .param = NONE,
                              .wildcard = NONE, .kind = nondet_u32()};
        assume(nodes[i].kind <= WILDCARD && nodes[i].length <= 4 && nodes[i].text <= 4 - nodes[i].length);
        assume(nodes[i].kind == STATIC || nodes[i].length == 0);
    }

    uint32_t index = nondet_u32(), length = nondet_u32();
    assume(index < 2 && nodes[index].kind == STATIC && length > 0 && length < nodes[index].length);
    uint32_t all = nodes[index].length, start = nodes[index].text;
    split(&router, index, length);
    assert(router.nodes_count == 3 && nodes[index].child == 2 && nodes[2].kind == STATIC);
    assert(nodes[index].length + nodes[2].length == all && nodes[2].text == start + length);
    assert(nodes[2].text + nodes[2].length <= router.text_count);
    return 0;
}
