/* prove: unwind 2; quick */
#include "proof.h"
#include "websocket.c"

int main(void)
{
    kr_ws ws = {.message_bytes_max = nondet_u64(), .held = nondet_u64(), .raw = nondet_u64(), .left = nondet_u64(),
                .fragments = nondet_u32(), .mask_at = nondet_u32(), .opcode = nondet_u8(), .frame = nondet_u8(),
                .deflates = nondet_u8()};
    assume(kr_ws_validate(&ws, LENGTH) && ws.message_bytes_max > 0);
    assume(ws.opcode <= KR_WS_BINARY);

    uint8_t first = nondet_u8(), second = nondet_u8();
    int code = judge(&ws, first, second);
    assert(code == 0 || code == PROTOCOL || code == POLICY);
    if (code == 0) {
        assert(second & 0x80);
        assert(!(first & 8) || ((second & 0x7f) <= KR_WS_CONTROL_BYTES && first & 0x80));
        assert(first & 8 || ((first & 15) == 0) == (ws.opcode != 0));
        assert((first & 15) <= KR_WS_PONG && !(first & 0x30));
        /* RFC 7692 section 6: only if it was agreed upon, and only in the first frame of a message. */
        assert(!(first & 0x40) || (ws.deflates && ((first & 15) == KR_WS_TEXT || (first & 15) == KR_WS_BINARY)));
    }
    return 0;
}
