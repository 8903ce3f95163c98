/* WebSockets of the server: a connection that was upgraded reads messages instead of requests.
 *
 * What is sent is the body of the response to the request that asked for it, a raw stream: kr_server_chunk() takes
 * frames, with the same back-pressure and the same notices as any other body.  Pings are answered here.
 * Limits: a message is as long as a body may be; a connection is read only while nothing waits to be sent to it. */
#include "server.h"

int kr_server_upgrade(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                      const char *fields, size_t fields_length)
{
    static const char head[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    if (!peer)
        return KR_EGONE;
    /* RFC 6455 section 4.1: a GET of HTTP/1.1, and the client waits for the answer before it sends more. */
    uint64_t bit = UINT64_C(1) << (sequence & 63);
    if (sequence != peer->answered || peer->asked != sequence + 1 || peer->stream ||
        peer->flags & (KR__P_LAST | KR__P_UPLOAD) ||
        (peer->heads | peer->olds) & bit || !kr__is_fields(fields, fields_length))
        return KR_EINVAL;
    kr__output *output = &server->output;
    if (!kr__output_copy(output, &peer->output, (const uint8_t *)head, sizeof head - 1) ||
        !kr__output_copy(output, &peer->output, (const uint8_t *)fields, fields_length) ||
        !kr__output_copy(output, &peer->output, (const uint8_t *)"\r\n", 2)) {
        kr__count(&server->counts.dropped, 1);
        kr__peer_drop(server, peer);
        return KR_EFULL;
    }
    kr__count(&server->counts.responses[0], 1);
    peer->stream = KR__S_RAW;
    peer->flags |= KR__P_SOCKET;
    if (peer->held > peer->at)
        peer->flags |= KR__P_STALLED;
    peer->since = server->now;
    kr_ws_init(&peer->socket, server->options.limits.body_bytes_max);
    return 0;
}

int kr_server_socket_deflates(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    if (!peer || !(peer->flags & KR__P_SOCKET))
        return KR_EGONE;
    peer->socket.deflates = 1;
    return 0;
}

/* Frames of our own, while the stream is open.  False when the peer had to be dropped. */
static bool say(kr_server *server, kr__peer *peer, const uint8_t *head, int head_length, kr__slice data)
{
    assert(head_length > 0);
    assert(data.length <= KR_WS_CONTROL_BYTES);
    if (!peer->stream)
        return true;
    if (kr__output_copy(&server->output, &peer->output, head, (size_t)head_length) &&
        kr__output_copy(&server->output, &peer->output, data.data, data.length))
        return true;
    kr__count(&server->counts.dropped, 1);
    kr__peer_drop(server, peer);
    return false;
}

/* RFC 6455 section 7.1.1: after the closing handshake the server closes the connection first. */
static void hang_up(kr_server *server, kr__peer *peer, int code)
{
    uint8_t frame[KR_WS_HEAD_BYTES];
    assert(peer->flags & KR__P_SOCKET);
    peer->flags |= KR__P_LAST;
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    if (!say(server, peer, frame, kr_ws_close(frame, code), (kr__slice){NULL, 0}) || !peer->stream)
        return;
    assert(peer->asked == peer->answered + 1);
    peer->stream = 0;
    peer->answered++;
}

/* Tells the caller of kr_server_poll() what came; a close is told once, with its code in the row's method. */
static void tell(kr_server *server, kr__peer *peer, const uint8_t *data, const kr_ws_event *event)
{
    int32_t *row = kr__peer_row(server, peer, data);
    assert(event->at + event->length <= INT32_MAX);
    row[KR_ROW_ROUTE] = KR_ROUTE_SOCKET;
    row[KR_ROW_FLAGS] = event->opcode | (event->deflated ? KR_SOCKET_DEFLATED : 0);
    row[KR_ROW_METHOD] = event->code;
    row[KR_ROW_BODY] = (int32_t)event->at;
    row[KR_ROW_BODY_LENGTH] = (int32_t)event->length;
}

/* The client said close, or what nobody understands: it is not read any more.  The caller hangs up, after what it still
 * has to say to the messages before. */
static void stop_reading(kr_server *server, kr__peer *peer, const uint8_t *data, const kr_ws_event *event)
{
    assert(event->opcode == KR_WS_CLOSE);
    assert(server->rows_count < KR_ROWS_MAX);
    peer->flags |= KR__P_LAST;
    tell(server, peer, data, event);
}

void kr__socket_fail(kr_server *server, kr__peer *peer, int code)
{
    kr_ws_event event = {.opcode = KR_WS_CLOSE, .code = code};
    assert(peer->flags & KR__P_SOCKET);
    kr__count(&server->counts.bad_requests, 1);
    peer->at = peer->held;
    if (server->rows_count < KR_ROWS_MAX)
        stop_reading(server, peer, server->memory, &event);
    else
        hang_up(server, peer, code);
}

uint32_t kr__socket_consume(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, uint32_t *kept)
{
    uint32_t used = 0;
    assert(length > 0);
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    *kept = 0;
    while (used < length && peer->fd >= 0 && !(peer->flags & KR__P_LAST)) {
        if (server->rows_count == KR_ROWS_MAX) {
            peer->flags |= KR__P_STALLED;
            *kept = length - used;
            return used;
        }
        kr_ws_event event;
        uint8_t *from = data + used, head[KR_WS_HEAD_BYTES];
        int result = kr_ws_next(&peer->socket, from, length - used, &event);
        if (result < 0) {
            kr__socket_fail(server, peer, -result);
            return length;
        }
        if (result == 0) {
            *kept = (uint32_t)kr_ws_compact(&peer->socket, from, length - used);
            return used;
        }
        peer->since = server->now;
        if (event.opcode == KR_WS_PING) { /* section 5.5.3: the same data */
            int size = kr_ws_head(head, KR_WS_PONG, event.length);
            (void)say(server, peer, head, size, (kr__slice){from + event.at, event.length});
        } else if (event.opcode == KR_WS_CLOSE) {
            stop_reading(server, peer, from, &event);
        } else if (event.opcode != KR_WS_PONG) {
            tell(server, peer, from, &event);
        }
        used += (uint32_t)event.used;
        if (event.used == 0 && peer->socket.raw == length - used) {
            *kept = (uint32_t)kr_ws_compact(&peer->socket, from, length - used);
            return used;
        }
    }
    return length;
}

int kr_server_hang_up(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int code)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    if (!peer || !(peer->flags & KR__P_SOCKET) || !peer->stream)
        return KR_EGONE;
    if (code != 1005 && !kr_ws_is_code(code))
        return KR_EINVAL;
    hang_up(server, peer, code);
    return 0;
}
