/* prove: unwind 17; length 16; quick */
#include "proof.h"
#include "websocket.c"

int main(void)
{
    kr_ws ws = {.message_bytes_max = nondet_u64(), .held = nondet_u64(), .raw = nondet_u64(), .left = nondet_u64(),
                .fragments = nondet_u32(), .mask_at = nondet_u32(), .opcode = nondet_u8(), .frame = nondet_u8()};
    assume(kr_ws_validate(&ws, LENGTH) && ws.message_bytes_max > 0);
    assume(ws.opcode <= KR_WS_BINARY);

    assume(ws.frame == BETWEEN && (ws.opcode != 0 || ws.fragments == 0));
    uint8_t data[LENGTH];
    any_bytes(data, LENGTH);
    uint64_t raw = ws.raw;
    int result = read_head(&ws, data, LENGTH);
    assert(result <= 1);
    if (result == 1) {
        assert(ws.raw >= raw + 6 && ws.raw <= LENGTH && kr_ws_validate(&ws, LENGTH));
        assert(is_control(ws.frame) ? ws.left <= KR_WS_CONTROL_BYTES : ws.left <= ws.message_bytes_max - ws.held);
    }
    return 0;
}
