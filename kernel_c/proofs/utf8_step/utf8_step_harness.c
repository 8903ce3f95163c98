/* prove: unwind 2; quick */
#include "proof.h"
#include "websocket.c"

static bool holds(uint32_t state)
{
    uint32_t left = state >> 16, low = state >> 8 & 0xff, high = state & 0xff;
    return state == 0 || (left >= 1 && left <= 3 && low >= 0x80 && low <= high && high <= 0xbf);
}

int main(void)
{
    uint32_t state = nondet_u32();
    assume(holds(state));
    uint32_t left = state >> 16;
    uint8_t byte = nondet_u8();
    if (utf8_step(&state, byte)) {
        assert(holds(state));
        assert(left == 0 ? state >> 16 <= 3 : state >> 16 == left - 1);
        assert(left == 0 || (byte & 0xc0) == 0x80);
        assert(left > 0 || byte < 0x80 || state >> 16 == (byte < 0xe0 ? 1u : byte < 0xf0 ? 2u : 3u));
        assert(byte != 0xc0 && byte != 0xc1 && byte <= 0xf4);
    }
    return 0;
}
