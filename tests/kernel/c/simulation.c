/* The whole server over a simulated HAL, under sanitizers: time, readiness and bytes come from a seed.
 *
 * usage: simulation SEEDS FIRST
 * Gentle runs have room for everything: each client must get the right answers in the right order.  Hostile runs have
 * room for little, clients that send nonsense, stall, close or reset; nothing may be lost: at the end every block and
 * every buffer is free again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "server.h"

enum { CLIENTS = 6, REQUESTS_MAX = 12, TEXT = 1 << 19, LISTENER = 1000, DIRECTORY, FILES };

static uint64_t state;

static uint32_t dice(uint32_t sides)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state % sides);
}

typedef struct client {
    uint8_t in[TEXT], out[TEXT]; /* what it sends, and what it got */
    size_t in_length, in_sent, in_read, out_length;
    size_t window; /* what the server can send now */
    bool connected, ended, reset, closed, finished;
    uint32_t id, ready;
    int expected_count, expected[REQUESTS_MAX]; /* lengths of the bodies; -1: HEAD */
    bool wants_close;
} client;

static struct {
    client clients[CLIENTS];
    uint64_t now;
    int waiting; /* the next client to be accepted */
    int files_open;
} world;

static uint64_t sim_now(void *self)
{
    (void)self;
    return world.now;
}

static int64_t sim_seconds(void *self)
{
    (void)self;
    return (int64_t)(world.now / 1000);
}

static int sim_wait(void *self, int64_t timeout_ms, kr__event *events, int capacity)
{
    (void)self;
    (void)timeout_ms;
    int count = 0;
    if (world.waiting < CLIENTS)
        events[count++] = (kr__event){KR__ID_LISTENER, KR__READABLE};
    for (int i = 0; i < CLIENTS && count < capacity; i++) {
        client *c = &world.clients[i];
        if (c->connected && !c->closed && c->ready)
            events[count++] = (kr__event){c->id, c->ready};
        c->ready = 0;
    }
    return count;
}

static void sim_wake(void *self)
{
    (void)self;
}

static int sim_listen(void *self, const char *address, int port, uint32_t id, int *fd)
{
    (void)self;
    (void)address;
    assert(id == KR__ID_LISTENER);
    *fd = LISTENER;
    return port;
}

static int sim_accept(void *self, int listener)
{
    (void)self;
    assert(listener == LISTENER);
    if (world.waiting == CLIENTS || dice(3) == 0)
        return KR__AGAIN;
    world.clients[world.waiting].connected = true;
    return world.waiting++;
}

static int sim_watch(void *self, int fd, uint32_t id, bool edge)
{
    (void)self;
    assert(edge);
    world.clients[fd].id = id;
    world.clients[fd].ready = KR__READABLE | KR__WRITABLE;
    return 0;
}

static int64_t sim_receive(void *self, int fd, uint8_t *data, size_t length)
{
    (void)self;
    client *c = &world.clients[fd];
    assert(c->connected && !c->closed);
    if (c->reset)
        return KR__BROKEN;
    size_t size = c->in_sent - c->in_read;
    if (size == 0)
        return c->ended ? 0 : KR__AGAIN;
    size = size < length ? size : length;
    memcpy(data, c->in + c->in_read, size);
    c->in_read += size;
    return (int64_t)size;
}

static int64_t sim_send(void *self, int fd, const kr__slice *slices, int count)
{
    (void)self;
    client *c = &world.clients[fd];
    assert(c->connected && !c->closed && !c->finished);
    if (c->reset)
        return KR__BROKEN;
    size_t sent = 0;
    for (int i = 0; i < count && c->window > 0; i++) {
        size_t size = slices[i].length < c->window ? slices[i].length : c->window;
        assert(c->out_length + size < TEXT);
        memcpy(c->out + c->out_length, slices[i].data, size);
        c->out_length += size;
        c->window -= size;
        sent += size;
    }
    return sent ? (int64_t)sent : KR__AGAIN;
}

static int sim_open_directory(void *self, const char *path)
{
    (void)self;
    (void)path;
    return DIRECTORY;
}

/* A file's name says its size. */
static int sim_open_file(void *self, int directory, const char *path, kr__file *file)
{
    (void)self;
    assert(directory == DIRECTORY);
    size_t size = strtoul(path, NULL, 10);
    if (size > 20000)
        return 404;
    *file = (kr__file){FILES, size, 1000000000, 5};
    world.files_open++;
    return 0;
}

static int64_t sim_send_file(void *self, int fd, int file, uint64_t at, uint64_t length)
{
    static const uint8_t content[20001];
    assert(file == FILES && at + length <= 20000);
    kr__slice slice = {content, length};
    size_t before = world.clients[fd].out_length;
    int64_t sent = sim_send(self, fd, &slice, 1);
    if (sent > 0)
        memset(world.clients[fd].out + before, 'f', (size_t)sent);
    return sent;
}

static void sim_finish(void *self, int fd)
{
    (void)self;
    assert(!world.clients[fd].finished);
    world.clients[fd].finished = true;
}

static void sim_close(void *self, int fd)
{
    (void)self;
    if (fd == FILES)
        world.files_open--;
    if (fd >= LISTENER)
        return;
    assert(!world.clients[fd].closed);
    world.clients[fd].closed = true;
}

static void sim_free(void *self)
{
    (void)self;
}

/* -- clients ---------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(client *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf((char *)c->in + c->in_length, TEXT - c->in_length, format, arguments);
    va_end(arguments);
    assert(length > 0 && c->in_length + (size_t)length < TEXT);
    c->in_length += (size_t)length;
}

static void pad(client *c, int length)
{
    memset(c->in + c->in_length, 'b', (size_t)length);
    c->in_length += (size_t)length;
}

/* Writes requests; the handler answers /h/N with N bytes, and /echo and /up with the body, which it takes in pieces. */
static void write_requests(client *c)
{
    c->expected_count = 1 + (int)dice(REQUESTS_MAX);
    for (int i = 0; i < c->expected_count; i++) {
        int size = (int)dice(dice(8) ? 40 : 19000);
        c->expected[i] = size;
        c->wants_close = i == c->expected_count - 1 && dice(2);
        const char *host = c->wants_close ? "Host: a\r\nConnection: close" : "Host: a";
        const char *path = dice(2) ? "/echo" : "/up";
        switch (dice(7)) {
        case 0:
            say(c, "GET /static HTTP/1.1\r\n%s\r\n\r\n", host);
            c->expected[i] = 5000;
            break;
        case 1:
            say(c, "HEAD /h/%d HTTP/1.1\r\n%s\r\n\r\n", size, host);
            c->expected[i] = -1;
            break;
        case 2:
            say(c, "POST %s HTTP/1.1\r\n%s\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", path, host, size);
            pad(c, size);
            break;
        case 3:
            say(c, "POST %s HTTP/1.1\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n", path, host);
            for (int left = size, part; left > 0; left -= part) {
                part = 1 + (int)dice((uint32_t)left);
                say(c, "%x\r\n", (unsigned)part);
                pad(c, part);
                say(c, "\r\n");
            }
            say(c, "0\r\nX: y\r\n\r\n");
            break;
        case 4:
            say(c, "GET /f/%d.txt HTTP/1.1\r\n%s\r\n\r\n", size, host);
            break;
        default:
            say(c, "GET /h/%d HTTP/1.1\r\n%s\r\n\r\n", size, host);
        }
    }
}

static void write_nonsense(client *c)
{
    write_requests(c);
    for (int i = (int)dice(4); i > 0; i--)
        c->in[dice((uint32_t)c->in_length)] = (uint8_t) "\r\n :0Z\0\xff"[dice(8)];
}

/* Moves a client on: bytes arrive, room appears, it ends or resets. */
static void step(client *c, bool hostile)
{
    if (!c->connected || c->closed)
        return;
    if (c->in_sent < c->in_length && dice(2)) {
        size_t left = c->in_length - c->in_sent, most = dice(2) ? 20 : 20000;
        size_t size = 1 + dice((uint32_t)(left < most ? left : most));
        c->in_sent += size;
        c->ready |= KR__READABLE;
    }
    if (dice(2)) {
        if (c->window == 0)
            c->ready |= KR__WRITABLE;
        c->window += dice(hostile && dice(3) ? 3 : 9000);
    }
    bool all = c->in_sent == c->in_length;
    if (!c->ended && (all ? dice(8) == 0 : hostile && dice(200) == 0)) {
        c->ended = true;
        c->ready |= KR__HUNG_UP | KR__READABLE;
    }
    if (hostile && dice(300) == 0) {
        c->reset = true;
        c->ready |= KR__HUNG_UP | KR__READABLE;
    }
}

/* Reads one response; returns the position after it. */
static size_t check_response(const client *c, size_t at, int expected, bool last)
{
    const char *out = (const char *)c->out;
    while (memcmp(out + at, "HTTP/1.1 100 Continue\r\n\r\n", 25) == 0)
        at += 25;
    assert(memcmp(out + at, "HTTP/1.1 200 OK\r\n", 17) == 0);
    const char *end = strstr(out + at, "\r\n\r\n"), *length = strstr(out + at, "Content-Length: ");
    const char *close = strstr(out + at, "Connection: close\r\n");
    assert(end);
    assert(!(close && close < end) || last);
    assert(!last || !c->wants_close || (close && close < end));
    size_t body = (size_t)(end - out) + 4, size, total = 0;
    if (expected < 0)
        return body;
    if (!(length && length < end)) {
        assert(strstr(out + at, "Transfer-Encoding: chunked") < end);
        char *data = NULL;
        while ((size = strtoul(out + body, &data, 16)) > 0) {
            assert(memcmp(data, "\r\n", 2) == 0 && memcmp(data + 2 + size, "\r\n", 2) == 0);
            body = (size_t)(data - out) + size + 4;
            total += size;
        }
        assert(total == (size_t)expected && memcmp(data, "\r\n\r\n", 4) == 0);
        return (size_t)(data - out) + 4;
    }
    size = strtoul(length + 16, NULL, 10);
    assert(size == (size_t)expected);
    for (size_t i = 0; i < size; i++)
        assert(out[body + i] == 'b' || out[body + i] == 's' || out[body + i] == 'f');
    return body + size;
}

/* -- the run ---------------------------------------------------------------------------------------------- */

typedef struct asked {
    uint32_t connection, generation, sequence;
    size_t length, sent;
    bool streams;
    bool comes, pulled; /* a body in pieces, until all is there; the next one is wanted */
} asked;

static void answer(kr_server *server, int template_id, const asked *a)
{
    static uint8_t body[TEXT];
    memset(body, 'b', a->length);
    const char *fields = dice(2) ? "X-A: b\r\n" : "";
    int result = kr_server_answer(server, a->connection, a->generation, a->sequence, template_id, fields,
                                  strlen(fields), body, a->length);
    assert(result == 0 || result == KR_EGONE || result == KR_EFULL);
    if (result == 0) /* an answered request is gone */
        assert(kr_server_answer(server, a->connection, a->generation, a->sequence, template_id, NULL, 0, body, 1) ==
               KR_EGONE);
}

static bool is_fine(int64_t result)
{
    return result >= 0 || result == KR_EGONE || result == KR_EFULL;
}

/* Goes on with a request.  False when there is nothing more to do for it. */
static bool go_on(kr_server *server, int template_id, asked *a, bool hostile)
{
    static uint8_t body[TEXT];
    memset(body, 'b', a->length);
    if (a->comes && !(hostile && dice(8) == 0)) {
        if (a->pulled)
            return true;
        int result = kr_server_pull(server, a->connection, a->generation, a->sequence);
        assert(result == 0 || (hostile && result == KR_EGONE));
        a->pulled = true;
        return result == 0;
    }
    if (!a->streams && dice(3)) {
        answer(server, template_id, a);
        return false;
    }
    if (!a->streams) {
        a->streams = true;
        int started = kr_server_stream(server, a->connection, a->generation, a->sequence, template_id, NULL, 0);
        assert(is_fine(started));
        if (started == 0) /* a stream that was started cannot be answered otherwise */
            assert(kr_server_answer(server, a->connection, a->generation, a->sequence, template_id, NULL, 0, body, 1) ==
                   KR_EGONE);
        return started == 0;
    }
    if (hostile && dice(20) == 0) {
        assert(is_fine(kr_server_abort(server, a->connection, a->generation, a->sequence)));
        return false;
    }
    size_t size = a->sent < a->length ? 1 + dice((uint32_t)(a->length - a->sent)) : 0;
    int64_t pending = kr_server_chunk(server, a->connection, a->generation, a->sequence, body, size);
    assert(is_fine(pending) && (pending < 0 || pending >= (int64_t)size));
    a->sent += size;
    if (pending < 0 || a->sent < a->length)
        return pending >= 0;
    assert(is_fine(kr_server_finish(server, a->connection, a->generation, a->sequence)));
    assert(kr_server_finish(server, a->connection, a->generation, a->sequence) == KR_EGONE);
    return false;
}

static size_t length_asked(const kr_server *server, const int32_t *row)
{
    size_t size;
    const uint8_t *data = kr_server_memory(server, &size) + row[KR_ROW_BASE];
    assert(row[KR_ROW_BASE] >= 0 && (size_t)row[KR_ROW_BASE] + (size_t)row[KR_ROW_BODY_LENGTH] < size);
    if (row[KR_ROW_PARAMS_COUNT] == 0) {
        for (int32_t i = 0; i < row[KR_ROW_BODY_LENGTH]; i++)
            (void)*(const volatile uint8_t *)(data + row[KR_ROW_BODY] + i);
        return (size_t)row[KR_ROW_BODY_LENGTH];
    }
    size_t number = 0;
    for (int32_t i = 0; i < row[KR_ROW_PARAMS + 1] && number < 20000; i++) {
        uint8_t c = data[row[KR_ROW_PARAMS] + i];
        number = c >= '0' && c <= '9' ? number * 10 + c - '0' : number;
    }
    return number < 20000 ? number : 20000;
}

/* A piece of a body: of a request that asked for it. */
static void take_piece(const kr_server *server, const int32_t *row, asked *later, int *open, bool hostile)
{
    size_t size;
    const uint8_t *data = kr_server_memory(server, &size) + row[KR_ROW_BASE] + row[KR_ROW_BODY];
    for (int i = 0; i < *open; i++) {
        asked *a = &later[i];
        if (a->connection != (uint32_t)row[KR_ROW_CONNECTION] || a->generation != (uint32_t)row[KR_ROW_GENERATION] ||
            a->sequence != (uint32_t)row[KR_ROW_SEQUENCE])
            continue;
        assert(a->comes && (a->pulled || row[KR_ROW_FLAGS] & KR_BODY_BROKEN));
        for (int32_t j = 0; j < row[KR_ROW_BODY_LENGTH]; j++)
            assert(data[j] == 'b' || hostile);
        a->pulled = false;
        a->length += a->streams ? 0 : (size_t)row[KR_ROW_BODY_LENGTH];
        a->comes = !(row[KR_ROW_FLAGS] & KR_BODY_ENDS);
        assert(row[KR_ROW_BODY_LENGTH] > 0 || row[KR_ROW_FLAGS]);
        if (row[KR_ROW_FLAGS] & KR_BODY_BROKEN) {
            assert(hostile);
            *a = later[--*open];
        }
        return;
    }
    assert(hostile);
}

static kr_server *new_server(bool hostile, int *template_id)
{
    kr__hal hal = {
        .now_ms = sim_now,
        .seconds = sim_seconds,
        .wait = sim_wait,
        .wake = sim_wake,
        .listen = sim_listen,
        .accept = sim_accept,
        .watch = sim_watch,
        .receive = sim_receive,
        .send = sim_send,
        .open_directory = sim_open_directory,
        .open_file = sim_open_file,
        .send_file = sim_send_file,
        .finish = sim_finish,
        .close = sim_close,
        .free = sim_free,
    };
    kr_options options;
    kr_options_default(&options);
    options.connections_max = hostile ? 4 : CLIENTS;
    options.bodies_max = hostile ? 1 : CLIENTS;
    options.blocks_max = hostile ? 4 + dice(8) : 256;
    options.pipeline_max = 1 + dice(8);
    options.limits.body_bytes_max = 20000;
    options.stream_bytes_max = 20000;
    uint32_t *limits[] = {&options.idle_ms,  &options.head_ms,    &options.body_ms,
                          &options.write_ms, &options.handler_ms, &options.linger_ms};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        *limits[i] = hostile ? 1 + dice(300) : 86400000;
    kr_server *server = kr__server_new(&options, hal);
    static uint8_t body[5000];
    memset(body, 's', sizeof body);
    assert(server);
    assert(kr_server_static(server, KR_GET, "/static", 7, 200, "X: y\r\n", 6, body, sizeof body) == 0);
    assert(kr_server_files(server, "/f/*path", 8, "") == 0);
    assert(kr_server_handler(server, KR_GET, "/h/:n", 5) >= 0);
    assert(kr_server_handler(server, KR_POST, "/echo", 5) >= 0);
    int up = kr_server_handler(server, KR_POST, "/up", 3);
    assert(up >= 0 && (dice(4) == 0 || kr_server_pieces(server, up) == 0));
    *template_id = kr_server_template(server, 200, "Content-Type: text/plain\r\n", 26);
    assert(*template_id >= 0);
    assert(kr_server_listen(server, "", 0) == 0);
    return server;
}

static void check_end(kr_server *server, bool hostile)
{
    kr_metrics metrics;
    kr_server_metrics(server, &metrics);
    assert(metrics.connections_open == 0);
    assert(world.files_open == 0);
    assert(server->small_count == server->options.connections_max);
    assert(server->large_count == server->options.bodies_max);
    uint32_t blocks = 0;
    for (uint32_t i = server->output.free; i != KR__NONE; i = server->output.blocks[i].next)
        blocks++;
    assert(blocks == server->options.blocks_max);
    assert(kr_wheel_next(server->wheel) == UINT64_MAX);
    for (int i = 0; i < CLIENTS && !hostile; i++) {
        const client *c = &world.clients[i];
        size_t at = 0;
        for (int r = 0; r < c->expected_count; r++)
            at = check_response(c, at, c->expected[r], r == c->expected_count - 1);
        assert(at == c->out_length);
    }
}

static void run(uint64_t seed)
{
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    bool hostile = dice(2);
    memset(&world, 0, sizeof world);
    for (int i = 0; i < CLIENTS; i++) {
        if (hostile && dice(2))
            write_nonsense(&world.clients[i]);
        else
            write_requests(&world.clients[i]);
    }
    int template_id, open = 0;
    kr_server *server = new_server(hostile, &template_id);
    static asked later[4096];
    int tick = 0;
    for (; !kr_server_stopped(server); tick++) {
        assert(tick < 200000);
        int count = kr_server_poll(server, 0);
        assert(count >= 0);
        for (int i = 0; i < count; i++) {
            const int32_t *row = kr_server_rows(server) + (size_t)i * KR_ROW_WORDS;
            if (row[KR_ROW_ROUTE] == KR_ROUTE_BODY) {
                take_piece(server, row, later, &open, hostile);
                continue;
            }
            bool comes = row[KR_ROW_FLAGS] & KR_BODY_COMES;
            asked a = {(uint32_t)row[KR_ROW_CONNECTION], (uint32_t)row[KR_ROW_GENERATION],
                       (uint32_t)row[KR_ROW_SEQUENCE], comes ? 0 : length_asked(server, row), 0, false, comes, false};
            if (open < 4096 && (dice(3) || go_on(server, template_id, &a, hostile)))
                later[open++] = a;
        }
        if (dice(2))
            kr_server_end(server);
        while (open > 0 && dice(3)) {
            uint32_t which = dice((uint32_t)open);
            if (!go_on(server, template_id, &later[which], hostile))
                later[which] = later[--open];
        }
        int32_t notices[3 * 8];
        for (int i = kr_server_notices(server, notices, 8); i-- > 0;)
            assert(notices[3 * i] >= 0 && notices[3 * i + 2] <= 1);
        for (int i = 0; i < CLIENTS; i++)
            step(&world.clients[i], hostile);
        world.now += hostile && dice(20) == 0 ? dice(5000) : dice(3);
        bool done = true;
        for (int i = 0; i < CLIENTS; i++)
            done = done && (world.clients[i].closed || (hostile && !world.clients[i].connected && tick > 3000));
        if (done || (hostile && dice(2000) == 0))
            kr_server_stop(server, 1000);
    }
    kr_server_end(server);
    check_end(server, hostile);
    kr_server_free(server);
}

int main(int argc, char **argv)
{
    assert(argc == 3);
    uint64_t seeds = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run(seed);
    puts("ok");
    return 0;
}
