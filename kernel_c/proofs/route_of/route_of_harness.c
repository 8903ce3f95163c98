/* prove: unwind 10; quick */
#include "proof.h"
#include "router.c"

const uint8_t kr__class[256] = {0};

int main(void)
{
    kr__node node = {0};
    for (int i = 0; i < KR_METHODS; i++) {
        node.route[i] = nondet_int();
        assume(node.route[i] >= -1);
    }
    int method = nondet_int();
    assume(method >= 0 && method <= KR_METHOD_OTHER);
    uint32_t allowed = 0;
    int32_t route = route_of(&node, method, &allowed);
    assert(route >= -1 && allowed < 1u << KR_METHODS);
    assert(route < 0 || allowed >> method & 1);
    assert(method != KR_HEAD || node.route[KR_GET] < 0 || route >= 0);
    return 0;
}
