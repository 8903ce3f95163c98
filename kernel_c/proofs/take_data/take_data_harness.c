/* prove: unwind 2 */
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
    kr_body body = {nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    assume(holds(&body));

    assume(body.state == FIXED || body.state == DATA);
    kr_body old = body;
    size_t length = nondet_size(), used = nondet_size(), run = 0;
    assume(used <= length);
    size_t before = used;
    int event = take_data(&body, length, &used, &run, old.state == FIXED ? DONE : DATA_CR);
    assert(used <= length && used - before == run);
    assert(event == (run ? KR_BODY_DATA : KR_BODY_MORE));
    assert(body.total == old.total + run && body.remaining == old.remaining - run);
    assert(holds(&body));
    return 0;
}
