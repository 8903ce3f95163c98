/* prove: unwind 6; length 4; stub take_trailer; quick */
#include "proof.h"
#include "body.c"

const uint8_t kr__class[256] = {0};

/* What holds between two calls, whatever was read: it is kept by every step, so by any number of them. */
static bool holds(const kr_body *body)
{
    bool in_data = body->state == FIXED || body->state == DATA;
    return validate(body) && body->remaining <= body->limit - body->total && (!in_data || body->remaining > 0);
}

static int take_trailer(kr_body *body, uint8_t c)
{
    assert(body->state >= TRAILER && body->state <= TRAILER_LF);
    body->state = nondet_u32();
    assume(body->state >= TRAILER && body->state <= TRAILER_LF);
    return nondet_bool() ? -400 : 0;
}

int main(void)
{
    kr_body body = {nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    assume(holds(&body));

    assume(body.state >= TRAILER && body.state <= TRAILER_LF);
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    size_t used = nondet_size(), run = 0;
    assume(used <= LENGTH);
    size_t before = used;
    int event = take_trailers(&body, data, LENGTH, &used, &run);
    assert(used <= LENGTH && used >= before && run <= used - before);
    assert(validate(&body));
    assert(event < 0 || holds(&body));
    assert(event == KR_BODY_TRAILER || event == KR_BODY_MORE || event == -400 || event == -431);
    return 0;
}
