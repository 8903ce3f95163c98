/* The network and its clients: the HAL that the kernel's servers run on.
 *
 * A client sends when it has a connection with room, and opens one when it may; requests that have to wait for that
 * wait at the client, and their latency counts from when they came. */
#include <stdio.h>
#include <stdlib.h>

#include "internal_simulation.h"

/* -- readiness ------------------------------------------------------------------------------------------- */

void sim__wake(sim *self, worker *w, uint64_t at)
{
    if (w->scheduled)
        return;
    w->scheduled = true;
    sim__push(self, at > w->now ? at : w->now, LOOP, (uint32_t)(w - self->workers), 0, 0);
}

static void make_ready(sim *self, uint32_t number, uint32_t what)
{
    connection *c = &self->connections[number];
    worker *w = &self->workers[c->worker];
    c->ready |= (uint8_t)what;
    if (!c->watched || c->queued || c->closed)
        return;
    c->queued = true;
    c->next_ready = NONE;
    if (w->ready_last == NONE)
        w->ready_first = number;
    else
        self->connections[w->ready_last].next_ready = number;
    w->ready_last = number;
    sim__wake(self, w, self->now);
}

/* -- requests as bytes ----------------------------------------------------------------------------------- */

/* The head of a request; returns its length. */
static uint32_t head_of(const sim *self, const request *r, char out[HEAD_BYTES + 64])
{
    const sim_route *route = &self->plan.routes[r->route];
    const stream *from = &self->streams[r->stream];
    char *at = out + snprintf(out, 16, "%s ", route->method);
    for (const char *p = route->pattern; *p; p++) {
        *at++ = *p;
        if (*p != '/' || (p[1] != ':' && p[1] != '*'))
            continue;
        at += snprintf(at, 16, "%u", r->key == NONE ? 0 : r->key);
        while (p[1] && p[1] != '/')
            p++;
    }
    at += snprintf(at, HEAD_BYTES - (size_t)(at - out), " HTTP/1.1\r\nHost: %s\r\n",
                   self->plan.tenants[from->plan.tenant].host);
    if (route->request_bytes > 0)
        at += snprintf(at, 40, "Content-Length: %u\r\n", route->request_bytes);
    if (from->plan.closes)
        at += snprintf(at, 24, "Connection: close\r\n");
    at += snprintf(at, 3, "\r\n");
    return (uint32_t)(at - out);
}

/* -- HAL ------------------------------------------------------------------------------------------------- */

/* A place is free when both sides are done with it. */
static void release(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    if (!c->closed || !c->over || c->queued)
        return;
    c->generation++;
    c->next = self->connections_free;
    self->connections_free = number;
}

static uint64_t hal_now(void *self)
{
    return ((worker *)self)->now / MILLISECOND;
}

static int64_t hal_seconds(void *self)
{
    return 1000000000 + (int64_t)(((worker *)self)->now / SECOND);
}

static int hal_wait(void *self, int64_t timeout_ms, kr__event *events, int capacity)
{
    worker *w = self;
    sim *s = w->sim;
    int count = 0;
    (void)timeout_ms;
    if (w->accept_first != NONE)
        events[count++] = (kr__event){KR__ID_LISTENER, KR__READABLE};
    while (w->ready_first != NONE && count < capacity) {
        uint32_t number = w->ready_first;
        connection *c = &s->connections[number];
        w->ready_first = c->next_ready;
        if (w->ready_first == NONE)
            w->ready_last = NONE;
        c->queued = false;
        if (!c->closed)
            events[count++] = (kr__event){c->id, c->ready};
        c->ready = 0;
        release(s, number);
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
    worker *w = self;
    (void)listener;
    uint32_t number = w->accept_first;
    if (number == NONE)
        return KR__AGAIN;
    w->accept_first = w->sim->connections[number].next_ready;
    if (w->accept_first == NONE)
        w->accept_last = NONE;
    return (int)number;
}

static int hal_watch(void *self, int fd, uint32_t id, bool edge)
{
    worker *w = self;
    connection *c = &w->sim->connections[fd];
    (void)edge;
    c->id = id;
    c->watched = true;
    w->owners[id] = (uint32_t)fd;
    if (c->available > 0 || c->broken || c->ended)
        make_ready(w->sim, (uint32_t)fd, KR__READABLE);
    return 0;
}

static int64_t hal_receive(void *self, int fd, uint8_t *data, size_t length)
{
    sim *s = ((worker *)self)->sim;
    connection *c = &s->connections[fd];
    assert(!c->closed);
    if (c->broken)
        return KR__BROKEN;
    if (c->available == 0)
        return c->ended ? 0 : KR__AGAIN;
    size_t size = 0;
    while (size < length && c->available > 0) {
        const request *r = &s->requests[c->requests[c->read % RING]];
        char text[HEAD_BYTES + 64];
        uint32_t head = head_of(s, r, text), whole = head + s->plan.routes[r->route].request_bytes;
        for (; size < length && c->available > 0 && c->read_bytes < whole; c->available--, c->read_bytes++)
            data[size++] = c->read_bytes < head ? (uint8_t)text[c->read_bytes] : 'x';
        if (c->read_bytes == whole) {
            c->read++;
            c->read_bytes = 0;
        }
    }
    return (int64_t)size;
}

/* Reads what is sent as a client does: heads, and bodies of the length that they say. */
static void take_response(sim *s, worker *w, connection *c, const uint8_t *data, size_t length)
{
    uint32_t number = (uint32_t)(c - s->connections);
    while (length > 0) {
        size_t part = 1;
        if (c->in_body) {
            part = length < c->body_left ? length : (size_t)c->body_left;
            c->body_left -= part;
        } else {
            assert(c->head_length < HEAD_BYTES - 1);
            c->head[c->head_length++] = (char)*data;
            if (c->head_length >= 4 && memcmp(c->head + c->head_length - 4, "\r\n\r\n", 4) == 0) {
                c->head[c->head_length] = 0;
                const char *field = strstr(c->head, "Content-Length: ");
                c->status = atoi(c->head + 9);
                c->body_left = field ? strtoull(field + 16, NULL, 10) : 0;
                c->in_body = true;
                c->head_length = 0;
            }
        }
        data += part;
        length -= part;
        if (c->in_body && c->body_left == 0) {
            c->in_body = false;
            c->answered++;
            uint64_t at = w->now + s->streams[c->stream].plan.latency;
            sim__push(s, at, DELIVER, number, c->generation, (uint32_t)c->status);
        }
    }
}

static uint32_t window_of(const stream *one)
{
    double bytes = one->plan.bytes_per_second * SLICE_MS / 1000;
    return bytes <= 0 || bytes > 1e9 ? NONE : bytes < 1 ? 1 : (uint32_t)bytes;
}

static int64_t hal_send(void *self, int fd, const kr__slice *slices, int count)
{
    worker *w = self;
    sim *s = w->sim;
    connection *c = &s->connections[fd];
    if (c->broken)
        return KR__BROKEN;
    int64_t sent = 0;
    for (int i = 0; i < count && c->window > 0; i++) {
        size_t size = slices[i].length < c->window ? slices[i].length : c->window;
        take_response(s, w, c, slices[i].data, size);
        sent += (int64_t)size;
        if (c->window != NONE)
            c->window -= (uint32_t)size;
        if (c->window == 0)
            sim__push(s, w->now + (uint64_t)SLICE_MS * MILLISECOND, ROOM, (uint32_t)fd, c->generation, 0);
    }
    return sent ? sent : KR__AGAIN;
}

static int hal_open_directory(void *self, const char *path)
{
    (void)self;
    (void)path;
    return KR_ESYSTEM;
}

static void shut(worker *w, int fd)
{
    sim *s = w->sim;
    connection *c = &s->connections[fd];
    sim__push(s, w->now + s->streams[c->stream].plan.latency, SHUT, (uint32_t)fd, c->generation, 0);
}

static void hal_finish(void *self, int fd)
{
    shut(self, fd);
}

static void hal_close(void *self, int fd)
{
    worker *w = self;
    if (fd == LISTENER)
        return;
    connection *c = &w->sim->connections[fd];
    assert(!c->closed);
    c->closed = true;
    if (c->owned)
        kr_tenants_close(w->tenants, w->sim->streams[c->stream].plan.tenant);
    shut(w, fd);
}

static void hal_free(void *self)
{
    (void)self;
}

kr__hal sim__hal(worker *w)
{
    return (kr__hal){.self = w, .now_ms = hal_now, .seconds = hal_seconds, .wait = hal_wait, .wake = hal_wake,
                     .listen = hal_listen, .accept = hal_accept, .watch = hal_watch, .receive = hal_receive,
                     .send = hal_send, .open_directory = hal_open_directory, .finish = hal_finish,
                     .close = hal_close, .free = hal_free};
}

int kr__epoll_new(kr__hal *hal)
{
    (void)hal;
    return KR_ESYSTEM; /* the production HAL is not here */
}

/* -- clients --------------------------------------------------------------------------------------------- */

static void leave_room(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    stream *one = &self->streams[c->stream];
    if (!c->has_room)
        return;
    c->has_room = false;
    *(c->previous == NONE ? &one->room : &self->connections[c->previous].next) = c->next;
    if (c->next != NONE)
        self->connections[c->next].previous = c->previous;
}

static void enter_room(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    stream *one = &self->streams[c->stream];
    if (c->has_room || c->over || one->plan.closes)
        return;
    c->has_room = true;
    c->previous = NONE;
    c->next = one->room;
    if (c->next != NONE)
        self->connections[c->next].previous = number;
    one->room = number;
}

static uint32_t open_connection(sim *self, uint32_t from)
{
    uint32_t number = self->connections_free;
    if (number != NONE)
        self->connections_free = self->connections[number].next;
    else
        number = self->connections_count++;
    assert(number < PLACES_MAX);
    connection *c = &self->connections[number];
    *c = (connection){.generation = c->generation, .stream = from, .window = window_of(&self->streams[from]),
                      .worker = (uint32_t)(sim__uniform(&self->worker_dice) * self->plan.workers), .next_ready = NONE};
    self->streams[from].open++;
    self->totals.connections++;
    sim__push(self, self->now + self->streams[from].plan.latency, CONNECT, number, c->generation, 0);
    return number;
}

static void send_request(sim *self, uint32_t to, uint32_t number, bool fresh)
{
    connection *c = &self->connections[to];
    stream *one = &self->streams[c->stream];
    request *r = &self->requests[number];
    char text[HEAD_BYTES + 64];
    uint32_t bytes = head_of(self, r, text) + self->plan.routes[r->route].request_bytes;
    c->requests[c->sent++ % RING] = number;
    r->connection = to;
    if (c->sent - c->delivered >= one->plan.pipeline_max)
        leave_room(self, to);
    uint64_t at = self->now + (fresh ? 3 : 1) * one->plan.latency; /* SYN, SYN and ACK, then the request */
    if (window_of(one) == NONE) {
        sim__push(self, at, PIECE, to, c->generation, bytes);
        return;
    }
    c->to_come += bytes;
    if (!c->pieces)
        sim__push(self, at, PIECE, to, c->generation, 0);
    c->pieces = true;
}

/* Sends what waits, as far as connections go. */
static void dispatch(sim *self, uint32_t from)
{
    stream *one = &self->streams[from];
    while (one->first != NONE) {
        uint32_t number = one->first;
        request *r = &self->requests[number];
        bool fresh = r->wanted && one->room == NONE;
        if (fresh && one->open == one->plan.connections_max)
            return;
        if (fresh && self->connections_free == NONE && self->connections_count == PLACES_MAX) {
            self->too_many = true;
            return;
        }
        one->first = r->next;
        if (one->first == NONE)
            one->last = NONE;
        r->queued = false;
        if (!r->wanted) {
            sim__free_request(self, number);
            continue;
        }
        uint32_t to = fresh ? open_connection(self, from) : one->room;
        if (fresh)
            enter_room(self, to);
        send_request(self, to, number, fresh);
    }
}

static void enqueue(sim *self, uint32_t number)
{
    request *r = &self->requests[number];
    stream *one = &self->streams[r->stream];
    r->queued = true;
    r->next = NONE;
    r->connection = NONE;
    *(one->last == NONE ? &one->first : &self->requests[one->last].next) = number;
    one->last = number;
    dispatch(self, r->stream);
}

static uint32_t choose_route(sim *self, stream *one)
{
    const sim_mix *mix = self->plan.mixes + one->plan.mix_first;
    double at = sim__uniform(&one->dice) * one->weight;
    uint32_t i = 0;
    for (; i + 1 < one->plan.mix_count && at >= mix[i].weight; i++)
        at -= mix[i].weight;
    return mix[i].route;
}

void sim__arrive(sim *self, uint32_t from)
{
    stream *one = &self->streams[from];
    uint32_t number = self->requests_free;
    if (number == NONE && self->requests_count == SIM_OPEN_MAX) {
        self->too_many = true;
        return;
    }
    if (number != NONE)
        self->requests_free = self->requests[number].next;
    else
        number = self->requests_count++;
    request *r = &self->requests[number];
    *r = (request){.generation = r->generation, .arrival = self->now, .stream = from, .wanted = true, .key = NONE,
                   .route = choose_route(self, one), .previous_running = NONE, .next_running = NONE};
    int32_t keys = self->plan.routes[r->route].keys;
    if (keys >= 0)
        r->key = sim__key(&self->key_dice, &self->keys[keys], self->plan.keys[keys].count);
    self->wanted++;
    sim__count_arrival(self, r);
    if (one->plan.timeout)
        sim__push(self, self->now + one->plan.timeout, GIVE_UP, number, r->generation, 0);
    uint64_t next = sim__arrival(one, self->plan.pieces);
    if (next < self->plan.duration)
        sim__push(self, next, ARRIVE, from, 0, 0);
    enqueue(self, number);
}

static void conclude(sim *self, uint32_t number, int outcome)
{
    request *r = &self->requests[number];
    sim__count_outcome(self, r, outcome, self->now);
    r->wanted = false;
    self->wanted--;
    sim__free_request(self, number);
}

void sim__connect(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    worker *w = &self->workers[c->worker];
    *(w->accept_last == NONE ? &w->accept_first : &self->connections[w->accept_last].next_ready) = number;
    w->accept_last = number;
    sim__wake(self, w, self->now);
}

void sim__piece(sim *self, uint32_t number, uint32_t bytes)
{
    connection *c = &self->connections[number];
    if (bytes == 0) {
        uint32_t most = window_of(&self->streams[c->stream]);
        bytes = c->to_come < most ? (uint32_t)c->to_come : most;
        c->to_come -= bytes;
        c->pieces = c->to_come > 0;
        if (c->pieces)
            sim__push(self, self->now + (uint64_t)SLICE_MS * MILLISECOND, PIECE, number, c->generation, 0);
    }
    c->available += bytes;
    make_ready(self, number, KR__READABLE);
}

void sim__room(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    c->window = window_of(&self->streams[c->stream]);
    make_ready(self, number, KR__WRITABLE);
}

static int outcome_of(uint32_t status)
{
    return status == 200   ? SIM_ANSWERED
           : status == 429 ? SIM_LIMITED
           : status == 503 ? SIM_REFUSED
           : status == 504 ? SIM_LATE
                           : SIM_FAILED;
}

void sim__deliver(sim *self, uint32_t number, uint32_t status)
{
    connection *c = &self->connections[number];
    if (c->over || c->delivered == c->sent)
        return;
    uint32_t from = c->stream;
    conclude(self, c->requests[c->delivered++ % RING], outcome_of(status));
    enter_room(self, number);
    dispatch(self, from);
}

/* The client is done with a connection; what was not answered on it is lost, or tried once more when it did not begin. */
static void abandon(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    uint32_t from = c->stream, lost[RING], count = 0;
    assert(!c->over);
    c->over = true;
    leave_room(self, number);
    self->streams[from].open--;
    for (; c->delivered != c->sent; c->delivered++)
        lost[count++] = c->requests[c->delivered % RING];
    for (uint32_t i = 0; i < count; i++) {
        request *r = &self->requests[lost[i]];
        if (!r->wanted)
            continue;
        if (r->begun || r->retried || r->at_server) {
            conclude(self, lost[i], SIM_RESET);
        } else {
            r->retried = true;
            enqueue(self, lost[i]);
        }
    }
    dispatch(self, from);
}

void sim__shut(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    if (!c->over) {
        abandon(self, number);
        sim__push(self, self->now + self->streams[c->stream].plan.latency, HANG_UP, number, c->generation, 0);
    }
    release(self, number);
}

void sim__hang_up(sim *self, uint32_t number)
{
    connection *c = &self->connections[number];
    c->ended = true;
    make_ready(self, number, KR__READABLE | KR__HUNG_UP);
    release(self, number);
}

void sim__give_up(sim *self, uint32_t number)
{
    request *r = &self->requests[number];
    if (!r->wanted)
        return;
    uint32_t on = r->connection;
    conclude(self, number, SIM_GIVEN_UP);
    if (on == NONE)
        return;
    connection *c = &self->connections[on];
    abandon(self, on);
    c->broken = true;
    make_ready(self, on, KR__READABLE | KR__HUNG_UP);
    release(self, on);
}
