/* One connection: reading, requests, back-pressure, time limits and its end.
 *
 * A connection reads only while nothing waits to be sent and no complete request waits to be taken, so a client that
 * does not read its responses, or asks faster than handlers answer, stops itself. */
#include "server.h"

static uint32_t index_of(const kr_server *server, const kr__peer *peer)
{
    assert(peer >= server->peers);
    assert(peer < server->peers + server->options.connections_max);
    return (uint32_t)(peer - server->peers);
}

/* -- input buffers -------------------------------------------------------------------------------------- */

static bool is_small(const kr_server *server, uint32_t buffer)
{
    return buffer < server->options.connections_max;
}

static uint8_t *buffer_of(const kr_server *server, uint32_t buffer)
{
    uint32_t small = server->options.connections_max;
    assert(buffer < small + server->options.bodies_max);
    size_t at = KR__ARENA_BYTES + (size_t)(buffer < small ? buffer : small) * KR__BLOCK_BYTES;
    if (buffer >= small)
        at += (size_t)(buffer - small) * server->large_bytes;
    assert(at < server->memory_bytes);
    return server->memory + at;
}

static uint32_t capacity_of(const kr_server *server, uint32_t buffer)
{
    return is_small(server, buffer) ? KR__BLOCK_BYTES : server->large_bytes;
}

/* Gives the buffer back; after the tick, if rows of it point there. */
static void release(kr_server *server, kr__peer *peer)
{
    assert(peer->buffer != KR__NONE);
    assert(server->late_count < server->options.connections_max + server->options.bodies_max);
    if (peer->flags & KR__P_PINNED)
        server->late[server->late_count++] = peer->buffer;
    else
        kr__buffer_free(server, peer->buffer);
    peer->buffer = KR__NONE;
    peer->at = peer->held = 0;
}

/* Makes room for `more` bytes behind those that are held.  False when there is no buffer for them. */
static bool make_room(kr_server *server, kr__peer *peer, uint32_t more)
{
    assert(!(peer->flags & KR__P_PINNED));
    uint32_t length = peer->held - peer->at;
    uint32_t old = peer->buffer;
    if (old != KR__NONE && capacity_of(server, old) - length >= more) {
        if (peer->at > 0)
            memmove(buffer_of(server, old), buffer_of(server, old) + peer->at, length);
    } else {
        bool small = length + more <= KR__BLOCK_BYTES;
        if (small ? server->small_count == 0 : server->large_count == 0)
            return false;
        uint32_t buffer = small ? server->small[--server->small_count] : server->large[--server->large_count];
        if (old != KR__NONE) {
            memcpy(buffer_of(server, buffer), buffer_of(server, old) + peer->at, length);
            release(server, peer);
        }
        peer->buffer = buffer;
    }
    peer->at = 0;
    peer->held = length;
    assert(capacity_of(server, peer->buffer) - length >= more);
    return true;
}

/* -- time limits ---------------------------------------------------------------------------------------- */

/* Sets the limit of what the connection waits for now.  A timer that fires too early is set again then, so that a
 * busy connection does not touch the wheel. */
static void schedule(kr_server *server, kr__peer *peer)
{
    enum kr__wait wait = peer->flags & KR__P_LINGER            ? KR__LINGER
                         : peer->output.first != KR__NONE      ? KR__WRITE
                         : peer->flags & (KR__P_PULLED | KR__P_DISCARD) ? KR__BODY
                         : peer->stream                        ? KR__STREAM
                         : peer->asked != peer->answered       ? KR__ANSWER
                         : peer->protocol.head_length > 0      ? KR__BODY
                         : peer->held > peer->at               ? KR__HEAD
                                                               : KR__IDLE;
    assert(peer->fd >= 0);
    if (wait != peer->wait) {
        peer->wait = wait;
        peer->since = server->now;
    }
    uint64_t limit = peer->since + server->timeout_ms[wait];
    if (limit < peer->due) {
        peer->due = limit;
        kr_wheel_set(server->wheel, index_of(server, peer), limit);
    }
    assert(peer->due <= limit);
}

/* -- life ----------------------------------------------------------------------------------------------- */

void kr__peer_open(kr_server *server, int fd)
{
    if (server->peers_free == KR__NONE) {
        static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        kr__slice slice = {(const uint8_t *)text, sizeof text - 1};
        kr__count(&server->counts.refused, 1);
        (void)server->hal.send(server->hal.self, fd, &slice, 1);
        server->hal.close(server->hal.self, fd);
        return;
    }
    uint32_t index = server->peers_free;
    kr__peer *peer = &server->peers[index];
    assert(peer->fd < 0);
    server->peers_free = peer->next;
    *peer = (kr__peer){.fd = fd, .generation = peer->generation + 1, .next = KR__NONE, .buffer = KR__NONE,
                       .output = {KR__NONE, KR__NONE}, .waiting = KR__NONE, .wait = KR__IDLE,
                       .since = server->now, .due = UINT64_MAX};
    kr__connection_init(&peer->protocol, &server->options.limits);
    KR__NOTE(server, peer, KR__N_OPEN, 0);
    kr__count(&server->counts.accepted, 1);
    kr__count(&server->counts.connections_open, 1);
    if (server->hal.watch(server->hal.self, fd, index, true) < 0) {
        kr__peer_drop(server, peer);
        return;
    }
    schedule(server, peer);
}

void kr__peer_forget(kr_server *server, kr__peer *peer, uint32_t from)
{
    uint32_t *link = &peer->waiting;
    while (*link != KR__NONE) {
        kr__block *first = &server->output.blocks[*link];
        kr__chain chain = {*link, first->last};
        assert(first->sequence - peer->answered < 64);
        if (first->sequence - peer->answered < from - peer->answered) {
            link = &first->next_held;
            continue;
        }
        *link = first->next_held;
        kr__output_free(&server->output, &chain);
    }
}

/* Tells the producers of responses; a lost notice only makes one wait for its time limit. */
static void notify(kr_server *server, const kr__peer *peer, bool gone)
{
    assert(server->notices_count <= server->notices_max);
    if (server->notices_count == server->notices_max)
        return;
    int32_t *notice = server->notices + (size_t)server->notices_count++ * 3;
    notice[0] = (int32_t)index_of(server, peer);
    notice[1] = (int32_t)peer->generation;
    notice[2] = gone;
}

void kr__peer_drop(kr_server *server, kr__peer *peer)
{
    uint32_t index = index_of(server, peer);
    assert(peer->fd >= 0);
    KR__NOTE(server, peer, KR__N_DROP, 0);
    if (server->hal.leave && peer->asked == peer->answered && peer->output.first == KR__NONE)
        server->hal.leave(server->hal.self, peer->fd);
    server->hal.close(server->hal.self, peer->fd);
    peer->fd = -1;
    if (peer->asked != peer->answered || peer->flags & KR__P_FOLLOWED)
        notify(server, peer, true);
    kr__output_free(&server->output, &peer->output);
    kr__peer_forget(server, peer, peer->answered);
    if (peer->buffer != KR__NONE)
        release(server, peer);
    kr_wheel_cancel(server->wheel, index);
    kr__count(&server->counts.connections_open, UINT64_MAX);
    if (server->dirty == peer)
        server->dirty = NULL;
    /* A place in the list of the ready is given back when its turn there comes. */
    if (!(peer->flags & KR__P_READY)) {
        peer->next = server->peers_free;
        server->peers_free = index;
    }
    assert(peer->buffer == KR__NONE);
}

static bool can_go_on(const kr_server *server, const kr__peer *peer)
{
    assert(peer->fd >= 0);
    if (peer->flags & KR__P_LINGER)
        return peer->flags & KR__P_READABLE;
    if (peer->flags & (KR__P_BLOCKED | KR__P_PINNED))
        return false;
    if (peer->flags & KR__P_UPLOAD)
        return peer->flags & (KR__P_PULLED | KR__P_DISCARD) && peer->flags & (KR__P_READABLE | KR__P_STALLED);
    if (peer->flags & KR__P_LAST)
        return false;
    if (peer->flags & KR__P_STALLED && !(peer->flags & KR__P_SOCKET))
        return peer->asked - peer->answered < server->options.pipeline_max;
    return peer->flags & (KR__P_READABLE | KR__P_STALLED);
}

static bool is_idle(const kr__peer *peer)
{
    return peer->asked == peer->answered && peer->output.first == KR__NONE && peer->at == peer->held &&
           !(peer->flags & (KR__P_LINGER | KR__P_READABLE | KR__P_UPLOAD));
}

static void make_ready(kr_server *server, kr__peer *peer)
{
    if (peer->flags & KR__P_READY || !can_go_on(server, peer))
        return;
    KR__NOTE(server, peer, KR__N_READY, 0);
    peer->flags |= KR__P_READY;
    peer->next = server->ready;
    server->ready = index_of(server, peer);
    assert(peer->fd >= 0);
}

/* All is said.  RFC 9112 section 9.6: closing at once could take the response away from a client that still sends. */
static void say_no_more(kr_server *server, kr__peer *peer)
{
    assert(peer->flags & KR__P_LAST);
    assert(peer->output.first == KR__NONE);
    if (peer->flags & KR__P_ENDED) {
        kr__peer_drop(server, peer);
        return;
    }
    server->hal.finish(server->hal.self, peer->fd);
    peer->flags |= KR__P_LINGER;
    if (peer->buffer != KR__NONE)
        release(server, peer);
    make_ready(server, peer);
    schedule(server, peer);
}

/* Sends what comes next; *length is how much that could have been. */
static int64_t send_some(kr_server *server, kr__peer *peer, uint64_t *length)
{
    kr__slice slices[KR__SLICES_MAX];
    int count = kr__output_slices(&server->output, &peer->output, slices);
    assert(count >= 0);
    *length = 0;
    if (count == 0) {
        const kr__block *block = &server->output.blocks[peer->output.first];
        assert(block->file >= 0);
        *length = block->end - block->at;
        return server->hal.send_file(server->hal.self, peer->fd, block->file, block->at, *length);
    }
    for (int i = 0; i < count; i++)
        *length += slices[i].length;
    return server->hal.send(server->hal.self, peer->fd, slices, count);
}

void kr__peer_flush(kr_server *server, kr__peer *peer)
{
    assert(peer->fd >= 0);
    if (server->dirty == peer)
        server->dirty = NULL;
    peer->flags &= ~(uint32_t)KR__P_BLOCKED;
    while (peer->output.first != KR__NONE) {
        uint64_t length;
        int64_t sent = send_some(server, peer, &length);
        if (sent == KR__BROKEN) {
            kr__peer_drop(server, peer);
            return;
        }
        if (sent > 0) {
            kr__count(&server->counts.bytes_out, (uint64_t)sent);
            kr__output_sent(&server->output, &peer->output, (uint64_t)sent);
            peer->since = server->now;
        }
        if (sent < 0 || (uint64_t)sent < length) {
            KR__NOTE(server, peer, KR__N_BLOCK, 0);
            peer->flags |= KR__P_BLOCKED;
            schedule(server, peer);
            return;
        }
    }
    KR__NOTE(server, peer, KR__N_FLUSH, is_idle(peer));
    if (peer->flags & KR__P_NOTIFY) {
        peer->flags &= ~(uint32_t)KR__P_NOTIFY;
        notify(server, peer, false);
    }
    if (peer->flags & KR__P_LAST && peer->asked == peer->answered && !(peer->flags & KR__P_UPLOAD)) {
        say_no_more(server, peer);
        return;
    }
    if (server->stopping && !atomic_load(&server->hands_over) && is_idle(peer)) {
        kr__peer_drop(server, peer);
        return;
    }
    make_ready(server, peer);
    schedule(server, peer);
}

/* -- requests ------------------------------------------------------------------------------------------- */

/* Answers what is no request, or may not be one, after all the requests before it. */
static void refuse(kr_server *server, kr__peer *peer, int status)
{
    assert(status >= 400);
    KR__NOTE(server, peer, KR__N_REFUSE, 0);
    if (peer->flags & KR__P_SOCKET) {
        kr__socket_fail(server, peer, status == 503 ? 1013 : 1002); /* try again later */
        return;
    }
    if (peer->flags & KR__P_UPLOAD) {
        kr__upload_fail(server, peer, status);
        return;
    }
    uint32_t sequence = peer->asked++;
    uint64_t bit = UINT64_C(1) << (sequence & 63);
    peer->heads &= ~bit;
    peer->olds &= ~bit;
    peer->flags |= KR__P_LAST;
    peer->flags &= ~(uint32_t)(KR__P_STALLED | KR__P_CONTINUE);
    peer->at = peer->held;
    kr__count(&server->counts.bad_requests, 1);
    (void)kr__answer_error(server, peer, sequence, status, (kr__slice){NULL, 0});
}

/* RFC 9110 section 15.5.6: a 405 says what is allowed. */
static void refuse_method(kr_server *server, kr__peer *peer, uint32_t sequence, uint32_t allowed)
{
    static const char *const names[KR_METHODS] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"};
    char field[96] = "Allow: ";
    size_t length = 7;
    assert(allowed != 0);
    for (int method = 0; method < KR_METHODS; method++) {
        if (!(allowed >> method & 1))
            continue;
        if (length > 7) {
            memcpy(field + length, ", ", 2);
            length += 2;
        }
        size_t size = strlen(names[method]);
        memcpy(field + length, names[method], size);
        length += size;
    }
    memcpy(field + length, "\r\n", 2);
    assert(length + 2 < sizeof field);
    (void)kr__answer_error(server, peer, sequence, 405, (kr__slice){(const uint8_t *)field, length + 2});
}

int32_t *kr__peer_row(kr_server *server, kr__peer *peer, const uint8_t *data)
{
    assert(server->rows_count < KR_ROWS_MAX);
    assert(data >= server->memory);
    int32_t *row = server->rows + (size_t)server->rows_count++ * KR_ROW_WORDS;
    row[KR_ROW_CONNECTION] = (int32_t)index_of(server, peer);
    row[KR_ROW_GENERATION] = (int32_t)peer->generation;
    row[KR_ROW_BASE] = (int32_t)(data - server->memory);
    bool in_arena = data < server->memory + KR__ARENA_BYTES;
    if (!in_arena && !(peer->flags & KR__P_PINNED)) {
        peer->flags |= KR__P_PINNED;
        server->pinned[server->pinned_count++] = index_of(server, peer);
    }
    return row;
}

/* Puts a request where the caller of kr_server_poll() finds it. */
static void add_row(kr_server *server, kr__peer *peer, uint32_t sequence, const uint8_t *data,
                    const kr_request *request, const kr_match *match)
{
    int32_t *row = kr__peer_row(server, peer, data);
    const kr_head *head = &request->head;
    row[KR_ROW_ROUTE] = match->route;
    row[KR_ROW_SEQUENCE] = (int32_t)sequence;
    row[KR_ROW_METHOD] = head->method;
    row[KR_ROW_FLAGS] = (int32_t)(head->flags | server->rows_flags);
    row[KR_ROW_LINE] = head->line;
    row[KR_ROW_METHOD_LENGTH] = head->method_length;
    row[KR_ROW_FIELDS] = head->fields_start;
    row[KR_ROW_HEAD_LENGTH] = (int32_t)request->head_length;
    row[KR_ROW_BODY] = (int32_t)request->body;
    row[KR_ROW_BODY_LENGTH] = (int32_t)request->body_length;
    row[KR_ROW_PATH] = head->path;
    row[KR_ROW_PATH_LENGTH] = head->path_length;
    row[KR_ROW_QUERY_LENGTH] = head->query_length;
    row[KR_ROW_PARAMS_COUNT] = (int32_t)match->params_count;
    for (uint32_t i = 0; i < match->params_count; i++) {
        row[KR_ROW_PARAMS + 2 * i] = head->path + match->params[i].at;
        row[KR_ROW_PARAMS + 2 * i + 1] = match->params[i].length;
    }
    assert(match->route >= 0);
    assert(KR_ROW_PARAMS + 2 * KR_PARAMS_MAX <= KR_ROW_WORDS);
}

static void dispatch(kr_server *server, kr__peer *peer, const uint8_t *data, const kr_request *request)
{
    const kr_head *head = &request->head;
    KR__NOTE(server, peer, KR__N_ASK, !(head->flags & KR_KEEP_ALIVE));
    uint32_t sequence = peer->asked++;
    uint64_t bit = UINT64_C(1) << (sequence & 63);
    assert(peer->asked - peer->answered <= server->options.pipeline_max);
    peer->heads = head->method == KR_HEAD ? peer->heads | bit : peer->heads & ~bit;
    peer->olds = head->minor == 0 ? peer->olds | bit : peer->olds & ~bit;
    if (server->stopping || !(head->flags & KR_KEEP_ALIVE))
        peer->flags |= KR__P_LAST;
    kr__count(&server->counts.requests, 1);
    kr_match match;
    const uint8_t *path = head->path_length ? data + head->path : (const uint8_t *)"/";
    kr_router_match(server->router, head->method, path, head->path_length ? head->path_length : 1, &match);
    kr__content content = {.file = -1, .is_static = true};
    if (match.route < 0 && server->fallback >= 0) {
        match = (kr_match){.route = server->fallback};
        add_row(server, peer, sequence, data, request, &match);
    } else if (match.route >= 0) {
        const kr__route *route = &server->routes[match.route];
        content.body = (kr__slice){route->body, route->body_length};
        if (route->template_id >= 0)
            KR__NOTE(server, peer, KR__N_ANSWER, sequence);
        if (route->directory >= 0)
            kr__files_answer(server, peer, sequence, route->directory, data, request, &match);
        else if (route->template_id >= 0)
            (void)kr__answer(server, peer, sequence, route->template_id, content);
        else
            add_row(server, peer, sequence, data, request, &match);
    } else if (head->method == KR_OPTIONS && *path == '*') {
        KR__NOTE(server, peer, KR__N_ANSWER, sequence);
        (void)kr__answer(server, peer, sequence, kr__template_of(204), content); /* RFC 9110 section 9.3.7 */
    } else if (match.allowed) {
        KR__NOTE(server, peer, KR__N_ANSWER, sequence);
        refuse_method(server, peer, sequence, match.allowed);
    } else {
        KR__NOTE(server, peer, KR__N_ANSWER, sequence);
        (void)kr__answer_error(server, peer, sequence, 404, content.fields);
    }
}

/* Hands over a request whose body follows in pieces.  Returns as consume(). */
static uint32_t begin_upload(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, kr_request *request,
                             uint32_t *kept)
{
    assert(request->head_length <= length);
    int status = kr_connection_pieces(&peer->protocol);
    if (status < 0) {
        refuse(server, peer, -status);
        return length;
    }
    peer->flags |= KR__P_UPLOAD;
    peer->since = server->now;
    request->head.flags |= KR_BODY_COMES;
    request->body = request->head_length;
    request->body_length = 0;
    dispatch(server, peer, data, request);
    assert(peer->fd >= 0);
    if (request->head_length == length)
        return length;
    uint32_t rest = length - request->head_length;
    return request->head_length + kr__upload_consume(server, peer, data + request->head_length, rest, kept);
}

/* Takes the requests off the front of `data`.  Returns how much of it is done with; *kept bytes after that stay. */
static uint32_t consume(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, uint32_t *kept)
{
    if (peer->flags & KR__P_SOCKET)
        return kr__socket_consume(server, peer, data, length, kept);
    if (peer->flags & KR__P_UPLOAD)
        return kr__upload_consume(server, peer, data, length, kept);
    uint32_t used = 0;
    assert(length > 0);
    peer->flags &= ~(uint32_t)KR__P_STALLED;
    *kept = 0;
    while (used < length && peer->fd >= 0 && !(peer->flags & KR__P_LAST)) {
        if (server->rows_count == KR_ROWS_MAX || peer->asked - peer->answered == server->options.pipeline_max) {
            peer->flags |= KR__P_STALLED;
            *kept = length - used;
            return used;
        }
        kr_request request;
        int64_t taken = kr_connection_next(&peer->protocol, data + used, length - used, &request);
        if (taken == 0 && peer->protocol.flags & KR_HEAD_DUE) {
            if (kr__upload_is_due(server, data + used, &request.head, length - used - request.head_length))
                return used + begin_upload(server, peer, data + used, length - used, &request, kept);
            int status = kr_connection_whole(&peer->protocol);
            taken = status < 0 ? status : kr_connection_next(&peer->protocol, data + used, length - used, &request);
        }
        if (taken < 0) {
            refuse(server, peer, (int)-taken);
            return length;
        }
        if (taken == 0) {
            KR__NOTE(server, peer, KR__N_PART, peer->protocol.head_length > 0);
            if (kr_connection_flags(&peer->protocol) & KR_CONTINUE_DUE)
                peer->flags |= KR__P_CONTINUE;
            *kept = (uint32_t)kr__connection_kept(&peer->protocol, length - used);
            return used;
        }
        peer->protocol.flags = 0;
        peer->flags &= ~(uint32_t)KR__P_CONTINUE;
        peer->since = server->now;
        dispatch(server, peer, data + used, &request);
        used += (uint32_t)taken;
    }
    return length;
}

/* Requests among the bytes that are held. */
static void consume_held(kr_server *server, kr__peer *peer)
{
    assert(peer->buffer != KR__NONE);
    assert(peer->at < peer->held);
    uint32_t kept, length = peer->held - peer->at;
    uint32_t used = consume(server, peer, buffer_of(server, peer->buffer) + peer->at, length, &kept);
    if (peer->fd < 0)
        return;
    peer->at += used;
    peer->held = peer->at + kept;
    if (kept == 0)
        release(server, peer);
}

/* -- reading -------------------------------------------------------------------------------------------- */

/* What a read gave besides bytes.  True when it was bytes. */
static bool is_data(kr_server *server, kr__peer *peer, int64_t count, uint32_t length)
{
    assert(count <= (int64_t)length);
    if (count == KR__BROKEN) {
        kr__peer_drop(server, peer);
        return false;
    }
    /* Less than was asked for: there is no more, but the end may be there to be read. */
    if (count < (int64_t)length && (count <= 0 || !(peer->flags & KR__P_HUNG_UP)))
        peer->flags &= ~(uint32_t)KR__P_READABLE;
    if (count == 0)
        peer->flags |= KR__P_ENDED;
    if (count > 0)
        kr__count(&server->counts.bytes_in, (uint64_t)count);
    return count > 0;
}

/* Reads into the arena of the tick: what is used at once is never copied. */
static void read_fresh(kr_server *server, kr__peer *peer)
{
    if (KR__ARENA_BYTES - server->arena_used < KR__BLOCK_BYTES)
        return; /* goes on in the next tick */
    uint8_t *data = server->memory + server->arena_used;
    int64_t count = server->hal.receive(server->hal.self, peer->fd, data, KR__BLOCK_BYTES);
    if (!is_data(server, peer, count, KR__BLOCK_BYTES))
        return;
    server->arena_used += (uint32_t)count;
    assert(server->arena_used <= KR__ARENA_BYTES);
    uint32_t kept, used = consume(server, peer, data, (uint32_t)count, &kept);
    if (peer->fd < 0 || kept == 0)
        return;
    if (!make_room(server, peer, kept)) {
        refuse(server, peer, 503);
        return;
    }
    memcpy(buffer_of(server, peer->buffer), data + used, kept);
    peer->held = kept;
}

/* Reads behind what is held. */
static void read_more(kr_server *server, kr__peer *peer)
{
    enum { STEP = 256 << 10 };
    uint32_t capacity = capacity_of(server, peer->buffer);
    if (peer->at > 0 || peer->held == capacity) {
        if (!make_room(server, peer, 1)) {
            refuse(server, peer, 503);
            return;
        }
        capacity = capacity_of(server, peer->buffer);
    }
    uint32_t length = capacity - peer->held < STEP ? capacity - peer->held : STEP;
    assert(length > 0);
    int64_t count = server->hal.receive(server->hal.self, peer->fd, buffer_of(server, peer->buffer) + peer->held, length);
    if (!is_data(server, peer, count, length))
        return;
    peer->held += (uint32_t)count;
    consume_held(server, peer);
}

/* Throws away what comes, until the client closes or its time is over. */
static void drain(kr_server *server, kr__peer *peer)
{
    assert(peer->flags & KR__P_LINGER);
    if (KR__ARENA_BYTES - server->arena_used >= KR__BLOCK_BYTES) {
        uint8_t *data = server->memory + server->arena_used; /* not taken: the next read may overwrite it */
        int64_t count = server->hal.receive(server->hal.self, peer->fd, data, KR__BLOCK_BYTES);
        (void)is_data(server, peer, count, KR__BLOCK_BYTES);
        if (peer->fd >= 0 && peer->flags & KR__P_ENDED) {
            KR__NOTE(server, peer, KR__N_END, 0);
            kr__peer_drop(server, peer);
        }
    }
    if (peer->fd >= 0)
        make_ready(server, peer);
}

/* The client sends no more: what it asked is answered, what it began is dropped. */
static void end(kr_server *server, kr__peer *peer)
{
    assert(peer->flags & KR__P_ENDED);
    if (peer->flags & KR__P_STALLED)
        return;
    KR__NOTE(server, peer, KR__N_END, 0);
    bool gone = (peer->flags & (KR__P_SOCKET | KR__P_LAST)) == KR__P_SOCKET; /* a socket, and nothing said close */
    peer->flags |= KR__P_LAST;
    gone = gone || (peer->flags & KR__P_UPLOAD && !(peer->flags & KR__P_DISCARD)); /* what was announced does not come */
    peer->flags &= ~(uint32_t)(KR__P_UPLOAD | KR__P_DISCARD);
    if (gone || (peer->asked == peer->answered && peer->output.first == KR__NONE))
        kr__peer_drop(server, peer);
}

void kr__peer_go_on(kr_server *server, kr__peer *peer)
{
    assert(peer->fd >= 0);
    if (peer->flags & KR__P_LINGER) {
        drain(server, peer);
        return;
    }
    if (can_go_on(server, peer) && peer->flags & KR__P_STALLED)
        consume_held(server, peer);
    if (peer->fd >= 0 && can_go_on(server, peer) && !(peer->flags & KR__P_STALLED)) {
        if (peer->buffer == KR__NONE)
            read_fresh(server, peer);
        else
            read_more(server, peer);
    }
    if (peer->fd >= 0)
        (void)kr__answer_continue(server, peer);
    if (peer->fd >= 0 && peer->flags & KR__P_ENDED)
        end(server, peer);
    if (peer->fd >= 0)
        kr__peer_flush(server, peer);
}

void kr__peer_event(kr_server *server, kr__peer *peer, uint32_t ready)
{
    if (peer->fd < 0)
        return; /* closed by an earlier event of this tick */
    if (ready & KR__READABLE)
        peer->flags |= KR__P_READABLE;
    if (ready & KR__HUNG_UP)
        peer->flags |= KR__P_HUNG_UP;
    if (ready & KR__WRITABLE && peer->flags & KR__P_BLOCKED)
        kr__peer_flush(server, peer);
    if (peer->fd >= 0 && can_go_on(server, peer))
        kr__peer_go_on(server, peer);
}

/* The tick is over: nothing points into the buffer any more. */
void kr__peer_tidy(kr_server *server, kr__peer *peer)
{
    assert(peer->fd >= 0);
    peer->flags &= ~(uint32_t)KR__P_PINNED;
    make_ready(server, peer);
}

void kr__peer_timer(kr_server *server, kr__peer *peer)
{
    assert(peer->fd >= 0);
    peer->due = UINT64_MAX;
    if (server->now < peer->since + server->timeout_ms[peer->wait]) {
        schedule(server, peer);
        return;
    }
    KR__NOTE(server, peer, KR__N_TIMEOUT, peer->wait);
    kr__count(&server->counts.timeouts, peer->wait != KR__IDLE && peer->wait != KR__LINGER);
    switch (peer->wait) {
    case KR__HEAD:
    case KR__BODY:
        refuse(server, peer, 408); /* RFC 9110 section 15.5.9 */
        break;
    case KR__ANSWER:
        /* The answers to this and to all later requests come too late. */
        kr__peer_forget(server, peer, peer->answered + 1);
        peer->asked = peer->answered + 1;
        if (peer->flags & KR__P_UPLOAD)
            kr__upload_forget(peer);
        peer->flags |= KR__P_LAST;
        (void)kr__answer_error(server, peer, peer->answered, 504, (kr__slice){NULL, 0});
        break;
    default:
        kr__peer_drop(server, peer);
    }
    if (peer->fd >= 0)
        kr__peer_flush(server, peer);
}

void kr__peer_stop(kr_server *server, kr__peer *peer)
{
    assert(server->stopping);
    assert(peer->fd >= 0);
    if (peer->asked != peer->answered || peer->output.first != KR__NONE)
        peer->flags |= KR__P_LAST;
    else if (is_idle(peer) && !atomic_load(&server->hands_over))
        kr__peer_drop(server, peer);
}
