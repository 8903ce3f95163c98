/* Bodies that are handed over in pieces: a piece is read when somebody asked for it, so whoever takes them slowly slows
 * the client down, and no more than a read of each is in memory.
 *
 * The request is the last that was asked: none is taken behind it until its body is complete. */
#include "server.h"

bool kr__upload_is_due(const kr_server *server, const uint8_t *data, const kr_head *head, size_t rest)
{
    assert(head->path_length == 0 || data);
    assert(head->flags & (KR_CHUNKED | KR_HAS_LENGTH));
    if (head->flags & KR_HAS_LENGTH && head->content_length <= rest &&
        head->content_length <= server->options.limits.body_bytes_max)
        return false;
    kr_match match;
    const uint8_t *path = head->path_length ? data + head->path : (const uint8_t *)"/";
    kr_router_match(server->router, head->method, path, head->path_length ? head->path_length : 1, &match);
    int32_t route = match.route < 0 ? server->fallback : match.route;
    return route >= 0 && server->routes[route].pieces;
}

int kr_server_pieces(kr_server *server, int route)
{
    if (route < 0 || (uint32_t)route >= server->routes_count || server->routes[route].template_id >= 0 ||
        server->routes[route].directory >= 0)
        return KR_EINVAL;
    server->routes[route].pieces = true;
    server->options.limits.stream_bytes_max = server->options.stream_bytes_max;
    return 0;
}

int kr_server_pull(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence)
{
    kr__peer *peer = kr__find_peer(server, connection, generation, sequence);
    if (!peer || (peer->flags & (KR__P_UPLOAD | KR__P_DISCARD)) != KR__P_UPLOAD || sequence + 1 != peer->asked)
        return KR_EGONE;
    peer->flags |= KR__P_PULLED;
    /* RFC 9110 section 10.1.1: who asked whether to send the body learns it when somebody wants it. */
    if (kr_connection_flags(&peer->protocol) & KR_CONTINUE_DUE)
        peer->flags |= KR__P_CONTINUE;
    return kr__answer_continue(server, peer) ? 0 : KR_EGONE;
}

void kr__upload_forget(kr__peer *peer)
{
    peer->flags &= ~(uint32_t)(KR__P_UPLOAD | KR__P_PULLED | KR__P_DISCARD | KR__P_CONTINUE);
    peer->protocol.flags = 0;
    assert(peer->protocol.head_length == 0);
}

void kr__upload_answered(kr_server *server, kr__peer *peer)
{
    const kr_body *body = &peer->protocol.body;
    assert(peer->flags & KR__P_UPLOAD);
    assert(peer->asked != peer->answered);
    /* A client that waits for "100 Continue" may send the body yet, or not: nobody knows what comes next. */
    bool waits = peer->protocol.flags & KR_CONTINUE_DUE || peer->flags & KR__P_CONTINUE;
    peer->flags &= ~(uint32_t)(KR__P_PULLED | KR__P_CONTINUE);
    if (!waits && kr__body_is_fixed(body) && body->remaining <= server->options.limits.body_bytes_max) {
        peer->flags |= KR__P_DISCARD;
        return;
    }
    kr__upload_forget(peer);
    peer->flags |= KR__P_LAST;
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    peer->at = peer->held;
}

/* Tells the caller of kr_server_poll() what came. */
static void tell(kr_server *server, kr__peer *peer, const uint8_t *data, size_t size, int flags)
{
    int32_t *row = kr__peer_row(server, peer, data);
    assert(size <= INT32_MAX);
    assert(peer->asked != peer->answered);
    row[KR_ROW_ROUTE] = KR_ROUTE_BODY;
    row[KR_ROW_SEQUENCE] = (int32_t)(peer->asked - 1);
    row[KR_ROW_FLAGS] = flags;
    row[KR_ROW_BODY] = 0;
    row[KR_ROW_BODY_LENGTH] = (int32_t)size;
    peer->flags &= ~(uint32_t)KR__P_PULLED;
}

void kr__upload_fail(kr_server *server, kr__peer *peer, int status)
{
    assert(peer->flags & KR__P_UPLOAD);
    assert(status >= 400);
    uint32_t sequence = peer->asked - 1;
    bool answered = peer->flags & KR__P_DISCARD;
    kr__upload_forget(peer);
    peer->flags |= KR__P_LAST;
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    peer->at = peer->held;
    kr__count(&server->counts.bad_requests, 1);
    if (answered)
        return;
    if (server->rows_count < KR_ROWS_MAX)
        tell(server, peer, server->memory, 0, KR_BODY_BROKEN);
    if (kr__is_begun(server, peer, sequence))
        kr__peer_drop(server, peer); /* the response that was begun cannot be taken back */
    else
        (void)kr__answer_error(server, peer, sequence, status, (kr__slice){NULL, 0});
}

uint32_t kr__upload_consume(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, uint32_t *kept)
{
    bool discards = peer->flags & KR__P_DISCARD;
    assert(length > 0);
    assert(peer->flags & KR__P_UPLOAD);
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    *kept = 0;
    if (!discards && (!(peer->flags & KR__P_PULLED) || server->rows_count == KR_ROWS_MAX)) {
        peer->flags |= KR__P_STALLED;
        *kept = length;
        return 0;
    }
    size_t used, size;
    int event = kr_connection_piece(&peer->protocol, data, length, &used, &size);
    if (event < 0) {
        kr__upload_fail(server, peer, -event);
        return length;
    }
    peer->since = server->now;
    if (!discards && (size > 0 || event == KR_BODY_DONE))
        tell(server, peer, data, size, event == KR_BODY_DONE ? KR_BODY_ENDS : 0);
    if (event == KR_BODY_DONE)
        kr__upload_forget(peer);
    if (used == length || peer->flags & KR__P_LAST)
        return length;
    peer->flags |= KR__P_STALLED; /* requests behind it */
    *kept = length - (uint32_t)used;
    return (uint32_t)used;
}
