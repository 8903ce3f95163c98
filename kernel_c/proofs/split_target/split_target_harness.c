/* prove: unwind 14; length 12; stub is_host */
#include "proof.h"
#include "head.c"

static bool is_host(const uint8_t *text, uint32_t length)
{
    assert(text && length <= LENGTH);
    return nondet_bool();
}

int main(void)
{
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    kr_head head = {.line = 0, .target = nondet_u16(), .target_length = nondet_u16(), .method = nondet_u16(),
                    .method_length = nondet_u16()};
    assume(head.target_length > 0 && head.target + head.target_length <= LENGTH);
    assume(head.method_length < head.target && head.method <= KR_METHOD_OTHER);
    int status = split_target(data, &head);
    assert(status == 0 || status == 400 || status == 501);
    if (status == 0) {
        assert(head.path >= head.target && head.query >= head.path + head.path_length);
        assert(head.query + head.query_length == head.target + head.target_length);
        assert(head.query_length == 0 || data[head.query - 1] == '?');
        assert(head.path_length == 0 || data[head.path] == '/' || data[head.path] == '*');
    }
    return 0;
}
