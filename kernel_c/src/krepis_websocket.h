/* WebSocket (RFC 6455), sans I/O: what a client sends, over the caller's bytes, and the heads of what a server sends.
 *
 * The caller keeps the bytes of a connection in one piece: first what is decoded of the message that is under way, then
 * what came and is not decoded.  Messages are decoded where they are.  Reserved bits are errors, but for that of a compressed
 * message (RFC 7692), which is given out as it came: its text is not checked here.  The result does not depend on how
 * the input was cut. */
#ifndef KREPIS_WEBSOCKET_H
#define KREPIS_WEBSOCKET_H

#include <stddef.h>
#include <stdint.h>

/* RFC 6455 section 5.2. */
enum { KR_WS_CONTINUATION = 0, KR_WS_TEXT = 1, KR_WS_BINARY = 2, KR_WS_CLOSE = 8, KR_WS_PING = 9, KR_WS_PONG = 10 };

enum {
    KR_WS_HEAD_BYTES = 10,      /* at most, of what a server sends */
    KR_WS_CONTROL_BYTES = 125,  /* of a control frame's data, section 5.5 */
    KR_WS_FRAGMENTS_MAX = 65536 /* of one message */
};

/* One direction of a connection: 0 allocations. */
typedef struct kr_ws {
    uint64_t message_bytes_max;
    uint64_t held; /* bytes of the message under way that are decoded */
    uint64_t raw;  /* where what is not decoded begins; at least `held` */
    uint64_t left; /* of the data of the frame under way */
    uint32_t fragments, mask_at, utf8; /* utf8: state of the check */
    uint8_t mask[4];
    uint8_t opcode; /* of the message under way, or 0 */
    uint8_t frame;  /* opcode of the frame under way, or 0xff between frames */
    uint8_t final, ended;
    uint8_t deflates, deflated; /* may messages be compressed; is the one under way */
} kr_ws;

typedef struct kr_ws_event {
    int opcode;          /* KR_WS_TEXT, _BINARY, _PING, _PONG or _CLOSE */
    int code;            /* of a close: 1005 when it has none (section 7.1.5) */
    uint64_t at, length; /* of the data; of a close: of its reason */
    uint64_t used;       /* bytes at the front that can go once the event is dealt with */
    int deflated;        /* the data are compressed */
} kr_ws_event;

void kr_ws_init(kr_ws *ws, uint64_t message_bytes_max);
/* Whether its numbers agree with each other and with `length` bytes that are kept. */
int kr_ws_validate(const kr_ws *ws, uint64_t length);

/* Decodes in place.  Returns 1 with an event, 0 when more is needed, or the code to close with, negative: -1002 protocol
 * error, -1007 not UTF-8, -1008 too many fragments, -1009 too long.  After a close or an error nothing may follow. */
int kr_ws_next(kr_ws *ws, uint8_t *data, uint64_t length, kr_ws_event *event);

/* After 0: closes the gap between what is decoded and what is not.  Returns how many bytes have to be kept. */
uint64_t kr_ws_compact(kr_ws *ws, uint8_t *data, uint64_t length);

/* The head of a frame with `length` bytes of data, not fragmented and not masked.  Returns its length. */
int kr_ws_head(uint8_t out[KR_WS_HEAD_BYTES], int opcode, uint64_t length);

/* A close frame with a code and no reason; 1005 stands for none.  Returns its length. */
int kr_ws_close(uint8_t out[KR_WS_HEAD_BYTES], int code);

/* Whether a client may send the code (sections 7.4.1 and 7.4.2). */
int kr_ws_is_code(int code);

#endif
