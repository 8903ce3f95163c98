/* prove: unwind 2; quick */
#include "proof.h"
#include "body.c"

const uint8_t kr__class[256] = {0};

/* What holds between two calls, whatever was read: it is kept by every step, so by any number of them. */
static bool holds(const kr_body *body)
{
    bool in_data = body->state == FIXED || body->state == DATA;
    return validate(body) && body->remaining <= body->limit - body->total && (!in_data || body->remaining > 0);
}

int main(void)
{
    kr_head head = {.flags = nondet_u32(), .content_length = nondet_u64()};
    assume(!(head.flags & KR_CHUNKED) || !(head.flags & KR_HAS_LENGTH));
    kr_body body;
    uint64_t most = nondet_u64();
    int status = kr_body_begin(&body, &head, most);
    assert(status == 0 || status == -413);
    assert(status != 0 || holds(&body));
    assert(status != 0 || head.flags & KR_CHUNKED || body.remaining == head.content_length);
    return 0;
}
