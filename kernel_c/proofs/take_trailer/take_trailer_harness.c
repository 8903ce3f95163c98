/* prove: unwind 2; quick */
#include "proof.h"
#include "body.c"

#include "span.c"

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

    assume(body.state >= TRAILER && body.state <= TRAILER_LF);
    int status = take_trailer(&body, nondet_u8());
    assert(status == 0 || status == -400);
    assert(status != 0 || (holds(&body) && body.state >= TRAILER && body.state <= TRAILER_LF));
    return 0;
}
