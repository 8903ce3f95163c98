/* A simulated machine: clock, readiness and bytes, and the clients and handlers that use the server. */
#include <stdio.h>
#include <stdlib.h>

#include "native.h"

enum { LISTENER = 1000 };

/* -- HAL ------------------------------------------------------------------------------------------------ */

static uint64_t hal_now(void *self)
{
    return ((world *)self)->now;
}

static int64_t hal_seconds(void *self)
{
    (void)self;
    return 1000000000; /* the date is no part of what is explored */
}

static int hal_wait(void *self, int64_t timeout_ms, kr__event *events, int capacity)
{
    world *w = self;
    int count = 0;
    (void)timeout_ms;
    if (w->accepted < w->clients_count && !w->stops)
        events[count++] = (kr__event){KR__ID_LISTENER, KR__READABLE};
    for (int i = 0; i < w->clients_count && count < capacity; i++) {
        client *c = &w->clients[i];
        if (c->connected && !c->closed && c->ready)
            events[count++] = (kr__event){c->id, c->ready};
        c->ready = 0;
    }
    return count;
}

static void hal_wake(void *self)
{
    (void)self;
}

static int hal_listen(void *self, const char *address, int port, uint32_t id, int *fd)
{
    (void)self;
    (void)address;
    (void)id;
    *fd = LISTENER;
    return port;
}

static int hal_accept(void *self, int listener)
{
    world *w = self;
    (void)listener;
    if (w->accepted == w->clients_count)
        return KR__AGAIN;
    w->clients[w->accepted].connected = true;
    return w->accepted++;
}

static int hal_watch(void *self, int fd, uint32_t id, bool edge)
{
    world *w = self;
    (void)edge;
    w->clients[fd].id = id;
    w->clients[fd].ready = KR__READABLE | KR__WRITABLE;
    return 0;
}

static client *client_of(void *self, int fd)
{
    world *w = self;
    if (fd < 0 || fd >= w->clients_count || !w->clients[fd].connected)
        world_fail("a descriptor that is not open is used");
    if (w->clients[fd].closed)
        world_fail("a descriptor is used after it was closed");
    return &w->clients[fd];
}

static int64_t hal_receive(void *self, int fd, uint8_t *data, size_t length)
{
    client *c = client_of(self, fd);
    c->served = true;
    if (c->reset)
        return KR__BROKEN;
    if (c->unread == 0)
        return c->ended ? 0 : KR__AGAIN;
    size_t size = 0;
    for (; size < length && c->unread > 0; c->read++) {
        if (*c->read == '|')
            continue;
        data[size++] = (uint8_t)*c->read;
        c->unread--;
    }
    return (int64_t)size;
}

/* Reads the responses that are complete; the body of the answer to a request is its digit, over and over. */
static bool check_response(client *c)
{
    const char *out = (const char *)c->out, *end = memmem(out, c->out_length, "\r\n\r\n", 4);
    if (!end)
        return false;
    size_t used = (size_t)(end - out) + 4, body = 0;
    int status = atoi(out + 9);
    if (memcmp(out, "HTTP/1.1 ", 9) != 0 || status < 100 || status > 599)
        world_fail("what is no response was sent");
    const char *length = memmem(out, used, "Content-Length: ", 16);
    bool chunked = memmem(out, used, "chunked", 7) != NULL;
    if (status == 200 && c->failed)
        world_fail("a response follows an error that ends the connection");
    if (length)
        body = (size_t)atoi(length + 16);
    size_t digits = 0, total = 0;
    if (chunked) {
        for (;;) {
            const char *line = memmem(out + used, c->out_length - used, "\r\n", 2);
            if (!line)
                return false;
            size_t size = strtoul(out + used, NULL, 16), at = (size_t)(line - out) + 2;
            if (at + size + 2 > c->out_length)
                return false;
            digits = size ? at : digits;
            total += size;
            used = at + size + 2;
            if (size == 0)
                break;
        }
    } else {
        if (used + body > c->out_length)
            return false;
        digits = used;
        total = body;
        used += body;
    }
    if (status == 200) {
        if (c->good == c->wanted)
            world_fail("there are more responses than requests");
        if (total > 0 && out[digits] != '1' + c->good % 9 && out[digits] != '5' + c->good % 5)
            world_fail("a response is not that of the request whose turn it is");
        c->good++;
    }
    c->failed = c->failed || status >= 400;
    c->out_length = (uint16_t)(c->out_length - used);
    memmove(c->out, c->out + used, c->out_length);
    return true;
}

static int64_t hal_send(void *self, int fd, const kr__slice *slices, int count)
{
    client *c = client_of(self, fd);
    if (c->finished)
        world_fail("something is sent after the end");
    if (c->reset)
        return KR__BROKEN;
    int64_t sent = 0;
    for (int i = 0; i < count && c->window > 0; i++) {
        size_t size = slices[i].length < c->window ? slices[i].length : c->window;
        if (c->out_length + size > sizeof c->out)
            world_fail("a response is longer than any that was asked for");
        memcpy(c->out + c->out_length, slices[i].data, size);
        c->out_length = (uint16_t)(c->out_length + size);
        c->window = (uint16_t)(c->window - size);
        sent += (int64_t)size;
    }
    while (c->out_length > 0 && check_response(c))
        ;
    return sent ? sent : KR__AGAIN;
}

static int hal_open_directory(void *self, const char *path)
{
    (void)self;
    (void)path;
    return KR_ESYSTEM;
}

static void hal_finish(void *self, int fd)
{
    client *c = client_of(self, fd);
    if (c->finished)
        world_fail("a connection is finished twice");
    c->finished = true;
}

static void hal_close(void *self, int fd)
{
    if (fd == LISTENER)
        return;
    client *c = client_of(self, fd);
    c->closed = true;
    c->ready = 0;
    c->out_length = 0;
}

static void hal_free(void *self)
{
    (void)self;
}

int kr__epoll_new(kr__hal *hal)
{
    (void)hal;
    return KR_ESYSTEM; /* the production HAL is not what is explored */
}

/* -- life ------------------------------------------------------------------------------------------------- */

void world_open(world *w, const scenario *s)
{
    kr__hal hal = {.self = w, .now_ms = hal_now, .seconds = hal_seconds, .wait = hal_wait, .wake = hal_wake,
                   .listen = hal_listen, .accept = hal_accept, .watch = hal_watch, .receive = hal_receive,
                   .send = hal_send, .open_directory = hal_open_directory, .finish = hal_finish, .close = hal_close,
                   .free = hal_free};
    *w = (world){.scenario = s, .now = 1000};
    for (int i = 0; i < NATIVE_CLIENTS_MAX && s->scripts[i]; i++) {
        client *c = &w->clients[w->clients_count++];
        c->at = c->read = s->scripts[i];
        c->window = s->window;
        for (const char *p = s->scripts[i]; (p = strstr(p, "/h/")); p++)
            c->wanted++;
    }
    kr_options options;
    kr_options_default(&options);
    options.limits = (kr_limits){.line_bytes_max = 64, .head_bytes_max = 256, .fields_max = 4, .body_bytes_max = 64};
    options.connections_max = s->connections_max;
    options.bodies_max = s->bodies_max;
    options.blocks_max = s->blocks_max;
    options.pipeline_max = s->pipeline_max;
    options.routes_max = 2;
    options.idle_ms = 60;
    options.head_ms = 10;
    options.body_ms = 20;
    options.write_ms = 30;
    options.handler_ms = 30;
    options.linger_ms = 5;
    w->server = kr__server_new(&options, hal);
    if (!w->server || kr_server_handler(w->server, KR_GET, "/h/:n", 5) < 0 ||
        kr_server_handler(w->server, KR_POST, "/h/:n", 5) < 0 || kr_server_listen(w->server, "", 0) < 0)
        world_fail("the server cannot be made");
    w->template_id = kr_server_template(w->server, 200, NULL, 0);
}

void world_close(world *w)
{
    kr_server_free(w->server);
    w->server = NULL;
}

/* -- steps ------------------------------------------------------------------------------------------------ */

static int add(step *out, int count, enum kind kind, int about)
{
    out[count] = (step)(kind * 64 + about);
    return count + 1;
}

int world_steps(const world *w, step out[128])
{
    const scenario *s = w->scenario;
    int count = add(out, 0, TICK, 0);
    for (int i = 0; i < w->clients_count; i++) {
        const client *c = &w->clients[i];
        if (!c->connected || c->closed || c->reset)
            continue;
        if (*c->at && !c->ended)
            count = add(out, count, PIECE, i);
        if (c->window < s->window)
            count = add(out, count, ROOM, i);
        if (w->faults < s->faults && !c->ended)
            count = add(out, count, END, i);
        if (w->faults < s->faults)
            count = add(out, count, RESET, i);
    }
    for (int i = 0; i < w->asked_count; i++) {
        const asked *a = &w->asked[i];
        if (a->state == 0)
            count = add(out, count, ANSWER, i);
        if (a->state == 0 && w->streams < s->streams)
            count = add(out, count, STREAM, i);
        if (a->state > 0) {
            count = add(out, count, CHUNK, i);
            count = add(out, count, ABORT, i);
        }
    }
    if (w->times < s->times && kr_wheel_next(w->server->wheel) != UINT64_MAX)
        count = add(out, count, TIME, 0);
    if (w->stops < s->stops)
        count = add(out, count, STOP, 0);
    return count;
}

/* Takes what the tick handed over. */
static void take_rows(world *w, int count)
{
    for (int i = 0; i < count; i++) {
        const int32_t *row = kr_server_rows(w->server) + (size_t)i * KR_ROW_WORDS;
        size_t size;
        const uint8_t *data = kr_server_memory(w->server, &size) + row[KR_ROW_BASE];
        if (w->asked_count == NATIVE_ASKED_MAX || row[KR_ROW_PARAMS_COUNT] != 1)
            world_fail("a request was handed over that nobody sent");
        w->asked[w->asked_count++] = (asked){(uint32_t)row[KR_ROW_CONNECTION], (uint32_t)row[KR_ROW_GENERATION],
                                             (uint32_t)row[KR_ROW_SEQUENCE], data[row[KR_ROW_PARAMS]], 0};
    }
}

static void tick(world *w)
{
    kr_server *server = w->server;
    bool was_ready[NATIVE_CLIENTS_MAX] = {false};
    for (int i = 0; i < w->clients_count; i++) {
        client *c = &w->clients[i];
        was_ready[i] = c->connected && !c->closed && server->peers[c->id].flags & KR__P_READY;
        c->served = false;
    }
    int count = kr_server_poll(server, 0);
    if (count < 0)
        world_fail("a tick failed");
    take_rows(w, count);
    server->notices_count = 0;
    for (int i = 0; i < w->clients_count; i++) {
        client *c = &w->clients[i];
        bool waits = was_ready[i] && !c->closed && !c->served && server->peers[c->id].flags & KR__P_READY;
        c->starved = (uint8_t)(waits ? c->starved + 1 : 0);
        if (c->starved >= NATIVE_STARVED_MAX)
            world_fail("a connection that could go on is not served");
    }
}

static void forget(world *w, int index)
{
    memmove(&w->asked[index], &w->asked[index + 1], (size_t)(--w->asked_count - index) * sizeof *w->asked);
}

static void check_result(int64_t result)
{
    if (result < 0 && result != KR_EGONE && result != KR_EFULL)
        world_fail("an answer was refused");
}

static void answer(world *w, int index, enum kind kind)
{
    asked *a = &w->asked[index];
    kr_server *server = w->server;
    uint8_t body[NATIVE_LONG_BYTES];
    size_t size = a->digit >= '5' ? sizeof body : 1;
    int64_t result;
    memset(body, a->digit, sizeof body);
    if (kind == STREAM) {
        w->streams++;
        result = kr_server_stream(server, a->connection, a->generation, a->sequence, w->template_id, NULL, 0);
        a->state = 1;
    } else if (kind == CHUNK && a->state == 1) {
        result = kr_server_chunk(server, a->connection, a->generation, a->sequence, body, size);
        a->state = 2;
    } else if (kind == CHUNK) {
        result = kr_server_finish(server, a->connection, a->generation, a->sequence);
        a->state = 3;
    } else if (kind == ABORT) {
        w->faults++;
        result = kr_server_abort(server, a->connection, a->generation, a->sequence);
        a->state = 3;
    } else {
        result = kr_server_answer(server, a->connection, a->generation, a->sequence, w->template_id, NULL, 0, body, size);
        a->state = 3;
    }
    check_result(result);
    if (result < 0 || a->state == 3 || (kind == STREAM && result == 1))
        forget(w, index);
}

/* The next piece of a client's script arrives. */
static void piece(client *c)
{
    for (; *c->at && *c->at != '|'; c->at++)
        c->unread++;
    if (*c->at == '|')
        c->at++;
    c->ready |= KR__READABLE;
}

void world_do(world *w, step s)
{
    enum kind kind = s / 64;
    int about = s % 64;
    client *c = &w->clients[about < NATIVE_CLIENTS_MAX ? about : 0];
    switch (kind) {
    case TICK:
        tick(w);
        break;
    case PIECE:
        piece(c);
        break;
    case ROOM:
        if (c->window == 0)
            c->ready |= KR__WRITABLE;
        c->window = w->scenario->window;
        break;
    case END:
        w->faults++;
        c->ended = true;
        c->ready |= KR__READABLE | KR__HUNG_UP;
        break;
    case RESET:
        w->faults++;
        c->reset = true;
        c->ready |= KR__READABLE | KR__HUNG_UP;
        break;
    case TIME:
        w->times++;
        w->now = kr_wheel_next(w->server->wheel) > w->now ? kr_wheel_next(w->server->wheel) : w->now;
        break;
    case STOP:
        w->stops++;
        kr_server_stop(w->server, 15);
        break;
    default:
        answer(w, about, kind);
    }
}

bool world_is_over(const world *w)
{
    for (int i = 0; i < w->clients_count; i++) {
        const client *c = &w->clients[i];
        if (!c->connected || (*c->at && !c->closed && !c->ended && !c->reset))
            return false;
    }
    return w->asked_count == 0;
}

void world_finish(world *w)
{
    for (int i = 0; i < 40; i++) {
        tick(w);
        while (w->asked_count > 0)
            answer(w, 0, w->asked[0].state ? CHUNK : ANSWER);
        for (int k = 0; k < w->clients_count; k++) {
            client *c = &w->clients[k];
            if (!c->connected || c->closed || c->reset)
                continue;
            world_do(w, (step)(ROOM * 64 + k));
            if (*c->at && !c->ended)
                piece(c);
        }
    }
    for (int i = 0; i < w->clients_count; i++) {
        const client *c = &w->clients[i];
        bool cut = c->failed || c->ended || c->reset || w->times || w->stops || w->faults || w->server->counts.dropped;
        if (c->connected && !cut && c->good != c->wanted)
            world_fail("a request is never answered");
    }
    if (!w->stops)
        world_do(w, STOP * 64);
    for (int i = 0; i < 40 && !kr_server_stopped(w->server); i++) {
        tick(w);
        w->now += 5;
    }
    if (!kr_server_stopped(w->server))
        world_fail("the server does not stop");
    kr_server_end(w->server);
    const kr_server *server = w->server;
    uint32_t free_blocks = 0;
    for (uint32_t i = server->output.free; i != KR__NONE && free_blocks < 100; i = server->output.blocks[i].next)
        free_blocks++;
    if (free_blocks != server->options.blocks_max || server->small_count != server->options.connections_max ||
        server->large_count != server->options.bodies_max)
        world_fail("at the end something is not given back");
    if (kr_wheel_next(server->wheel) != UINT64_MAX)
        world_fail("at the end a timer is set");
}
