/* prove: unwind 5; length 3; stub take_framing take_data take_trailers */
#include "proof.h"
#include "body.c"

const uint8_t kr__class[256] = {0};

/* What holds between two calls, whatever was read: it is kept by every step, so by any number of them. */
static bool holds(const kr_body *body)
{
    bool in_data = body->state == FIXED || body->state == DATA;
    return validate(body) && body->remaining <= body->limit - body->total && (!in_data || body->remaining > 0);
}

static int take_framing(kr_body *body, uint8_t c)
{
    *body = (kr_body){nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    assume(holds(body));
    return nondet_bool() ? -400 : 0;
}

static int take_data(kr_body *body, size_t length, size_t *used, size_t *run, uint32_t after)
{
    assert(body->remaining > 0 && *used <= length);
    size_t size = nondet_size();
    assume(size <= length - *used && (size > 0 || *used == length));
    *used += size;
    *run = size;
    *body = (kr_body){nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    assume(holds(body));
    return size ? KR_BODY_DATA : KR_BODY_MORE;
}

static int take_trailers(kr_body *body, const uint8_t *data, size_t length, size_t *used, size_t *run)
{
    size_t size = nondet_size(), all = *used;
    assume(size <= length - *used);
    *used += size;
    *run = nondet_size();
    assume(*run <= size);
    body->state = nondet_u32();
    assume((body->state >= TRAILER && body->state <= TRAILER_LF) || body->state == END_LF);
    if (*run)
        return KR_BODY_TRAILER;
    assume(body->state == END_LF ? *used > all : *used == length);
    return KR_BODY_MORE;
}

int main(void)
{
    kr_body body = {nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    assume(holds(&body));

    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    size_t used, run;
    int event = kr_body_next(&body, data, LENGTH, &used, &run);
    assert(used <= LENGTH && run <= used);
    assert(event < 0 || holds(&body));
    assert(event != KR_BODY_DONE || body.state == DONE);
    assert(event != KR_BODY_MORE || used == LENGTH);
    return 0;
}
