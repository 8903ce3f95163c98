/* prove: unwind 9; length 5; quick */
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

    uint8_t path[LENGTH];
    any_bytes(path, LENGTH);
    uint32_t at = nondet_u32(), index = nondet_u32();
    assume(at <= LENGTH && index < 2);
    kr_match match = {.params_count = nondet_u32()};
    assume(match.params_count < KR_PARAMS_MAX);
    uint32_t before = match.params_count;
    uint32_t end = consume(&router, &nodes[index], path, LENGTH, at, &match);
    assert(end == NONE || (end >= at && end <= LENGTH));
    if (match.params_count > before) {
        assert(match.params[before].at == at && at + match.params[before].length == end);
        assert(match.params[before].length > 0);
    }
    return 0;
}
