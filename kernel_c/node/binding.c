/* The kernel in Node: one thread, one event loop inside the other, one call of JavaScript per tick.
 *
 * libuv's loop is watched by the kernel's epoll.  A uv_prepare callback runs the kernel's ticks and waits there; it
 * goes back to libuv when libuv's descriptor is ready, when libuv has something to do at once, or when it has
 * descriptors that it did not register yet.  An idle handle, active only while libuv has its turn, keeps it from
 * waiting itself.
 *
 * A tick calls JavaScript once, with the number of requests.  JavaScript reads them through array buffers over the
 * kernel's memory, writes a table of answers, and returns their text as one string.  Answers that come later, from
 * promises, are collected and fetched with a second function.  docs/kernel.md has the table of what is valid when.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <node_api.h>
#include <uv.h>

#include "krepis_kernel.h"
#include "tenants.h"
#include "tls.h"

enum { M_EPOCH, M_ANSWERS, M_DUE, M_WORDS = 16 }; /* words shared with sdk/kernel.ts */
enum { A_CONNECTION, A_GENERATION, A_SEQUENCE, A_TEMPLATE, A_FIELDS, A_BODY, A_WORDS };
enum { NOTICES_MAX = 256, NOTICE_WORDS = 3 };
enum { TURNS_MAX = 64 }; /* ticks before libuv has a turn in any case */

typedef struct binding {
    napi_env env;
    kr_server *server;
    uv_loop_t *loop;
    uv_prepare_t prepare;
    uv_idle_t idle;
    uint32_t meta[M_WORDS];
    int32_t answers[KR_ROWS_MAX * A_WORDS];
    int32_t notices[NOTICES_MAX * NOTICE_WORDS];
    char *text; /* of answers, in UTF-8 */
    size_t text_bytes;
    napi_ref tick, flush, notice, stopped;
    napi_async_context context;
    napi_async_cleanup_hook_handle cleanup;
    int holders; /* array buffers and the handle: the memory lives as long as any of them */
    int open_handles;
    bool running, leaving, secure;
    kr_tls_counts tls;
} binding;

/* -- helpers ---------------------------------------------------------------------------------------------- */

static napi_value throw_code(napi_env env, int code)
{
    static const char *const messages[] = {"", "out of memory", "an argument is out of range", "a table is full",
                                           "another route already answers the same requests", "malformed route pattern",
                                           "a system call failed", "the connection or the request is no more"};
    (void)napi_throw_error(env, "ERR_KREPIS", code < 0 && code >= -7 ? messages[-code] : "unknown error");
    return NULL;
}

/* What kept a server from listening, with the code that Node has for it. */
static napi_value throw_listen(napi_env env, int code, int error)
{
    static const struct {
        int error;
        const char *code;
    } known[] = {{EADDRINUSE, "EADDRINUSE"}, {EACCES, "EACCES"}, {EADDRNOTAVAIL, "EADDRNOTAVAIL"}, {ENOENT, "ENOENT"}};
    if (code != KR_ESYSTEM)
        return throw_code(env, code);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].error == error) {
            (void)napi_throw_error(env, known[i].code, strerror(error));
            return NULL;
        }
    }
    (void)napi_throw_error(env, "ERR_KREPIS", strerror(error));
    return NULL;
}

static napi_value number(napi_env env, double value)
{
    napi_value result = NULL;
    (void)napi_create_double(env, value, &result);
    return result;
}

/* The arguments of a call; the first is the handle.  NULL, with an exception, when it is not. */
static binding *arguments(napi_env env, napi_callback_info info, size_t expected, napi_value *values)
{
    size_t count = expected;
    void *data = NULL;
    if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < expected ||
        napi_get_value_external(env, values[0], &data) != napi_ok) {
        (void)napi_throw_type_error(env, "ERR_KREPIS", "wrong arguments");
        return NULL;
    }
    return data;
}

/* A string in UTF-8, at most `capacity` - 1 bytes of it; SIZE_MAX, with an exception, when it is longer or none. */
static size_t string_of(napi_env env, napi_value value, char *out, size_t capacity)
{
    size_t needed = 0, length = 0;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &needed) != napi_ok || needed >= capacity ||
        napi_get_value_string_utf8(env, value, out, capacity, &length) != napi_ok) {
        (void)napi_throw_type_error(env, "ERR_KREPIS", "a string is missing or too long");
        return SIZE_MAX;
    }
    return length;
}

static int32_t int_of(napi_env env, napi_value value)
{
    int32_t result = -1;
    (void)napi_get_value_int32(env, value, &result);
    return result;
}

/* -- answers ---------------------------------------------------------------------------------------------- */

/* How many bytes of well-formed UTF-8 make `units` UTF-16 units.  JavaScript hands over well-formed strings, so that no
 * pair of surrogates is cut. */
static size_t bytes_of_units(const uint8_t *text, size_t length, size_t units)
{
    size_t at = 0;
    while (units > 0 && at < length) {
        size_t size = text[at] < 0x80 ? 1 : text[at] < 0xe0 ? 2 : text[at] < 0xf0 ? 3 : 4;
        size_t width = size == 4 ? 2 : 1;
        if (width > units || size > length - at)
            break;
        units -= width;
        at += size;
    }
    return at;
}

static void answer_one(binding *self, const int32_t *row, const char *fields, size_t fields_length, const char *body,
                       size_t body_length)
{
    /* What became of it is the kernel's to tell the client, and the metrics' to tell the operator. */
    (void)kr_server_answer(self->server, (uint32_t)row[A_CONNECTION], (uint32_t)row[A_GENERATION],
                           (uint32_t)row[A_SEQUENCE], row[A_TEMPLATE], fields, fields_length, (const uint8_t *)body,
                           body_length);
}

/* Text outside ASCII: the lengths of bodies, in UTF-16 units, have to be counted out. */
static void apply_unicode(binding *self, int32_t count, size_t length)
{
    size_t at = 0;
    for (int32_t i = 0; i < count; i++) {
        const int32_t *row = self->answers + (size_t)i * A_WORDS;
        size_t fields = (size_t)row[A_FIELDS];
        if (fields > length - at)
            return;
        const char *body = self->text + at + fields;
        size_t size = bytes_of_units((const uint8_t *)body, length - at - fields, (size_t)row[A_BODY]);
        answer_one(self, row, self->text + at, fields, body, size);
        at += fields + size;
    }
}

/* Applies the table of answers to the text that JavaScript returned. */
static void apply(binding *self, napi_value string, int32_t count)
{
    size_t units = 0;
    for (int32_t i = 0; i < count; i++)
        units += (size_t)self->answers[(size_t)i * A_WORDS + A_FIELDS] + (size_t)self->answers[(size_t)i * A_WORDS + A_BODY];
    size_t needed = 3 * units + 8;
    if (needed > self->text_bytes) {
        char *more = realloc(self->text, needed);
        if (!more)
            return; /* the clients' time limits answer them */
        self->text = more;
        self->text_bytes = needed;
    }
    size_t length = 0;
    if (napi_get_value_string_utf8(self->env, string, self->text, self->text_bytes, &length) != napi_ok)
        return;
    if (length != units) {
        apply_unicode(self, count, length);
        return;
    }
    const char *at = self->text;
    for (int32_t i = 0; i < count; i++) {
        const int32_t *row = self->answers + (size_t)i * A_WORDS;
        size_t fields = (size_t)row[A_FIELDS], body = (size_t)row[A_BODY];
        answer_one(self, row, at, fields, at + fields, body);
        at += fields + body;
    }
}

/* -- ticks ------------------------------------------------------------------------------------------------ */

static void report(napi_env env)
{
    napi_value error;
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
        napi_get_and_clear_last_exception(env, &error) == napi_ok)
        (void)napi_fatal_exception(env, error);
}

/* Calls a function of JavaScript and applies the answers that it returns; then its microtasks are done. */
static void call(binding *self, napi_ref function_ref, int32_t count)
{
    napi_env env = self->env;
    napi_handle_scope scope;
    napi_callback_scope callback_scope;
    napi_value function, receiver, argument, result = NULL;
    if (napi_open_handle_scope(env, &scope) != napi_ok)
        return;
    self->meta[M_ANSWERS] = 0;
    (void)napi_get_reference_value(env, function_ref, &function);
    (void)napi_get_global(env, &receiver);
    (void)napi_create_int32(env, count, &argument);
    if (napi_open_callback_scope(env, receiver, self->context, &callback_scope) == napi_ok) {
        napi_valuetype type = napi_undefined;
        if (napi_call_function(env, receiver, function, 1, &argument, &result) != napi_ok)
            report(env);
        else if (napi_typeof(env, result, &type) == napi_ok && type == napi_string)
            apply(self, result, (int32_t)self->meta[M_ANSWERS]);
        (void)napi_close_callback_scope(env, callback_scope);
        report(env);
    }
    (void)napi_close_handle_scope(env, scope);
}

/* Fetches the answers that promises gave, and lets requests that stay open copy what they need. */
static void fetch(binding *self)
{
    enum { ROUNDS_MAX = 16 };
    for (int round = 0; self->meta[M_DUE] > 0 && round < ROUNDS_MAX; round++)
        call(self, self->flush, 0);
}

static void let_go(napi_env env, void *data, void *hint)
{
    binding *self = hint;
    (void)env;
    (void)data;
    if (--self->holders > 0)
        return;
    kr_server_free(self->server);
    free(self->text);
    free(self);
}

static void on_closed(uv_handle_t *handle)
{
    binding *self = handle->data;
    if (--self->open_handles > 0)
        return;
    (void)napi_delete_reference(self->env, self->tick);
    (void)napi_delete_reference(self->env, self->flush);
    (void)napi_delete_reference(self->env, self->notice);
    (void)napi_delete_reference(self->env, self->stopped);
    (void)napi_async_destroy(self->env, self->context);
    (void)napi_remove_async_cleanup_hook(self->cleanup);
    let_go(self->env, NULL, self);
}

static void leave(binding *self)
{
    if (!self->running)
        return;
    self->running = false;
    uv_close((uv_handle_t *)&self->prepare, on_closed);
    uv_close((uv_handle_t *)&self->idle, on_closed);
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle;
}

/* Tells JavaScript of connections that are gone, or that can take more. */
static void tell(binding *self)
{
    int count = kr_server_notices(self->server, self->notices, NOTICES_MAX);
    if (count > 0)
        call(self, self->notice, count);
}

static bool libuv_wants_a_turn(const binding *self)
{
    /* Descriptors that libuv registers only when it polls. */
    return self->loop->watcher_queue.next != &self->loop->watcher_queue;
}

static void on_prepare(uv_prepare_t *handle)
{
    binding *self = handle->data;
    (void)uv_idle_stop(&self->idle);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        tell(self);
        fetch(self);
        int timeout = self->meta[M_DUE] > 0 || libuv_wants_a_turn(self) ? 0 : uv_backend_timeout(self->loop);
        self->meta[M_EPOCH]++; /* what was handed out before is over */
        int count = kr_server_poll(self->server, timeout);
        if (count > 0)
            call(self, self->tick, count);
        fetch(self);
        kr_server_end(self->server);
        if (kr_server_stopped(self->server)) {
            kr_server_retire(self->server);
            call(self, self->stopped, 0);
            leave(self);
            return;
        }
        uv_update_time(self->loop);
        if (count < 0 || timeout == 0 || kr_server_foreign(self->server))
            break;
    }
    (void)uv_idle_start(&self->idle, on_idle);
}

/* -- life ------------------------------------------------------------------------------------------------- */

static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data)
{
    (void)handle;
    leave(data); /* on_closed() removes the hook */
}

static bool take_option(napi_env env, napi_value options, const char *name, uint32_t *out)
{
    bool has = false;
    napi_value value;
    if (napi_has_named_property(env, options, name, &has) != napi_ok || !has)
        return true;
    return napi_get_named_property(env, options, name, &value) == napi_ok &&
           napi_get_value_uint32(env, value, out) == napi_ok;
}

static bool take_options(napi_env env, napi_value value, kr_options *options)
{
    kr_options_default(options);
    uint32_t body_bytes = (uint32_t)options->limits.body_bytes_max;
    const struct {
        const char *name;
        uint32_t *out;
    } names[] = {
        {"lineBytesMax", &options->limits.line_bytes_max},
        {"headBytesMax", &options->limits.head_bytes_max},
        {"fieldsMax", &options->limits.fields_max},
        {"bodyBytesMax", &body_bytes},
        {"connectionsMax", &options->connections_max},
        {"bodiesMax", &options->bodies_max},
        {"blocksMax", &options->blocks_max},
        {"pipelineMax", &options->pipeline_max},
        {"routesMax", &options->routes_max},
        {"idleMs", &options->idle_ms},
        {"headMs", &options->head_ms},
        {"bodyMs", &options->body_ms},
        {"writeMs", &options->write_ms},
        {"handlerMs", &options->handler_ms},
        {"lingerMs", &options->linger_ms},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!take_option(env, value, names[i].name, names[i].out))
            return false;
    }
    options->limits.body_bytes_max = body_bytes;
    double stream_bytes = (double)options->stream_bytes_max;
    bool has = false;
    if (napi_has_named_property(env, value, "streamBytesMax", &has) != napi_ok ||
        (has && (napi_get_named_property(env, value, "streamBytesMax", &value) != napi_ok ||
                 napi_get_value_double(env, value, &stream_bytes) != napi_ok)) ||
        !(stream_bytes >= 0 && stream_bytes <= 9e15))
        return false;
    options->stream_bytes_max = (uint64_t)stream_bytes;
    return true;
}

static bool share(binding *self, napi_value object, const char *name, void *data, size_t bytes)
{
    napi_value buffer;
    if (napi_create_external_arraybuffer(self->env, data, bytes, let_go, self, &buffer) != napi_ok)
        return false;
    self->holders++;
    return napi_set_named_property(self->env, object, name, buffer) == napi_ok;
}

/* open(options): { handle, memory, rows, answers, meta, notices } */
static napi_value js_open(napi_env env, napi_callback_info info)
{
    napi_value value, result, handle;
    size_t count = 1;
    kr_options options;
    if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) != napi_ok || count < 1 ||
        !take_options(env, value, &options)) {
        (void)napi_throw_type_error(env, "ERR_KREPIS", "wrong options");
        return NULL;
    }
    binding *self = calloc(1, sizeof *self);
    if (!self)
        return throw_code(env, KR_ENOMEM);
    self->env = env;
    self->server = kr_server_new(&options);
    if (!self->server) {
        free(self);
        return throw_code(env, KR_EINVAL);
    }
    size_t bytes;
    uint8_t *memory = kr_server_memory(self->server, &bytes);
    void *rows = (void *)(uintptr_t)kr_server_rows(self->server);
    bool made = napi_create_object(env, &result) == napi_ok &&
                napi_create_external(env, self, let_go, self, &handle) == napi_ok && ++self->holders &&
                napi_set_named_property(env, result, "handle", handle) == napi_ok &&
                share(self, result, "memory", memory, bytes) &&
                share(self, result, "rows", rows, KR_ROWS_MAX * KR_ROW_WORDS * sizeof(int32_t)) &&
                share(self, result, "answers", self->answers, sizeof self->answers) &&
                share(self, result, "meta", self->meta, sizeof self->meta) &&
                share(self, result, "notices", self->notices, sizeof self->notices) &&
                napi_get_uv_event_loop(env, &self->loop) == napi_ok;
    return made ? result : throw_code(env, KR_ENOMEM);
}

/* start(handle, tick, flush, notice, stopped): from now on the kernel runs, and keeps the process alive */
static napi_value js_start(napi_env env, napi_callback_info info)
{
    napi_value values[5], name;
    binding *self = arguments(env, info, 5, values);
    if (!self || self->running)
        return NULL;
    int code = kr_server_watch(self->server, uv_backend_fd(self->loop));
    if (code < 0)
        return throw_code(env, code);
    if (napi_create_reference(env, values[1], 1, &self->tick) != napi_ok ||
        napi_create_reference(env, values[2], 1, &self->flush) != napi_ok ||
        napi_create_reference(env, values[3], 1, &self->notice) != napi_ok ||
        napi_create_reference(env, values[4], 1, &self->stopped) != napi_ok ||
        napi_create_string_utf8(env, "krepis", NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_async_init(env, NULL, name, &self->context) != napi_ok)
        return throw_code(env, KR_ENOMEM);
    self->holders++;
    (void)uv_prepare_init(self->loop, &self->prepare);
    (void)uv_idle_init(self->loop, &self->idle);
    self->prepare.data = self->idle.data = self;
    self->open_handles = 2;
    self->running = true;
    (void)uv_prepare_start(&self->prepare, on_prepare);
    (void)uv_idle_start(&self->idle, on_idle);
    (void)napi_add_async_cleanup_hook(env, on_cleanup, self, &self->cleanup);
    return NULL;
}

/* -- routes and answers ----------------------------------------------------------------------------------- */

/* route(handle, method, pattern): number */
static napi_value js_route(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    char pattern[KR_PATTERN_BYTES_MAX + 2];
    binding *self = arguments(env, info, 3, values);
    size_t length = self ? string_of(env, values[2], pattern, sizeof pattern) : SIZE_MAX;
    if (length == SIZE_MAX)
        return NULL;
    int code = kr_server_handler(self->server, int_of(env, values[1]), pattern, length);
    return code < 0 ? throw_code(env, code) : number(env, code);
}

/* fallback(handle): number */
static napi_value js_fallback(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    binding *self = arguments(env, info, 1, values);
    int code = self ? kr_server_fallback(self->server) : 0;
    return code < 0 ? throw_code(env, code) : number(env, code);
}

/* pieces(handle, route): its bodies are handed over in pieces */
static napi_value js_pieces(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    binding *self = arguments(env, info, 2, values);
    int code = self ? kr_server_pieces(self->server, int_of(env, values[1])) : 0;
    return code < 0 ? throw_code(env, code) : NULL;
}

/* pull(handle, connection, generation, sequence): 0, or negative when no piece comes */
static napi_value js_pull(napi_env env, napi_callback_info info)
{
    napi_value values[4];
    binding *self = arguments(env, info, 4, values);
    return self ? number(env, kr_server_pull(self->server, (uint32_t)int_of(env, values[1]),
                                             (uint32_t)int_of(env, values[2]), (uint32_t)int_of(env, values[3])))
                : NULL;
}

/* fixed(handle, method, pattern, status, fields, body: Uint8Array) */
static napi_value js_fixed(napi_env env, napi_callback_info info)
{
    napi_value values[6];
    char pattern[KR_PATTERN_BYTES_MAX + 2], fields[KR_FIELDS_BYTES_MAX];
    binding *self = arguments(env, info, 6, values);
    size_t length = self ? string_of(env, values[2], pattern, sizeof pattern) : SIZE_MAX;
    size_t fields_length = length == SIZE_MAX ? SIZE_MAX : string_of(env, values[4], fields, sizeof fields);
    size_t size = 0;
    void *data = NULL;
    if (fields_length == SIZE_MAX)
        return NULL;
    if (napi_get_typedarray_info(env, values[5], NULL, &size, &data, NULL, NULL) != napi_ok)
        return throw_code(env, KR_EINVAL);
    int code = kr_server_static(self->server, int_of(env, values[1]), pattern, length, int_of(env, values[3]), fields,
                                fields_length, data, size);
    return code < 0 ? throw_code(env, code) : NULL;
}

/* files(handle, pattern, directory) */
static napi_value js_files(napi_env env, napi_callback_info info)
{
    enum { PATH_BYTES_MAX = 4096 };
    napi_value values[3];
    char pattern[KR_PATTERN_BYTES_MAX + 2], directory[PATH_BYTES_MAX];
    binding *self = arguments(env, info, 3, values);
    size_t length = self ? string_of(env, values[1], pattern, sizeof pattern) : SIZE_MAX;
    if (length == SIZE_MAX || string_of(env, values[2], directory, sizeof directory) == SIZE_MAX)
        return NULL;
    int code = kr_server_files(self->server, pattern, length, directory);
    return code < 0 ? throw_code(env, code) : NULL;
}

/* template(handle, status, fields): number */
static napi_value js_template(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    char fields[KR_FIELDS_BYTES_MAX];
    binding *self = arguments(env, info, 3, values);
    size_t length = self ? string_of(env, values[2], fields, sizeof fields) : SIZE_MAX;
    if (length == SIZE_MAX)
        return NULL;
    int code = kr_server_template(self->server, int_of(env, values[1]), fields, length);
    return code < 0 ? throw_code(env, code) : number(env, code);
}

/* apply(handle, text, count): the table of answers is full before its time */
static napi_value js_apply(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    binding *self = arguments(env, info, 3, values);
    int32_t count = self ? int_of(env, values[2]) : 0;
    if (count > 0 && count <= KR_ROWS_MAX)
        apply(self, values[1], count);
    return NULL;
}

/* bytes(handle, connection, generation, sequence, template, fields, body: Uint8Array) */
static napi_value js_bytes(napi_env env, napi_callback_info info)
{
    napi_value values[7];
    char fields[KR_FIELDS_BYTES_MAX];
    binding *self = arguments(env, info, 7, values);
    size_t length = self ? string_of(env, values[5], fields, sizeof fields) : SIZE_MAX, size = 0;
    void *data = NULL;
    if (length == SIZE_MAX)
        return NULL;
    if (napi_get_typedarray_info(env, values[6], NULL, &size, &data, NULL, NULL) != napi_ok)
        return throw_code(env, KR_EINVAL);
    (void)kr_server_answer(self->server, (uint32_t)int_of(env, values[1]), (uint32_t)int_of(env, values[2]),
                           (uint32_t)int_of(env, values[3]), int_of(env, values[4]), fields, length, data, size);
    return NULL;
}

/* The request that the second to fourth argument name. */
static void take_key(napi_env env, const napi_value *values, uint32_t key[3])
{
    for (int i = 0; i < 3; i++)
        key[i] = (uint32_t)int_of(env, values[i + 1]);
}

/* stream(handle, connection, generation, sequence, template, fields, length): 0, 1 when no body is wanted, or negative;
 * `length` is that of the body, or -1 when nobody knows */
static napi_value js_stream(napi_env env, napi_callback_info info)
{
    napi_value values[7];
    char fields[KR_FIELDS_BYTES_MAX];
    uint32_t key[3];
    binding *self = arguments(env, info, 7, values);
    size_t length = self ? string_of(env, values[5], fields, sizeof fields) : SIZE_MAX;
    int64_t size = -1;
    if (length == SIZE_MAX)
        return NULL;
    (void)napi_get_value_int64(env, values[6], &size);
    take_key(env, values, key);
    int template_id = int_of(env, values[4]);
    int code = size < 0 ? kr_server_stream(self->server, key[0], key[1], key[2], template_id, fields, length)
                        : kr_server_stream_sized(self->server, key[0], key[1], key[2], template_id, fields, length,
                                                 (uint64_t)size);
    return number(env, code);
}

/* upgrade(handle, connection, generation, sequence, fields): 0 or negative */
static napi_value js_upgrade(napi_env env, napi_callback_info info)
{
    napi_value values[5];
    char fields[KR_FIELDS_BYTES_MAX];
    uint32_t key[3];
    binding *self = arguments(env, info, 5, values);
    size_t length = self ? string_of(env, values[4], fields, sizeof fields) : SIZE_MAX;
    if (length == SIZE_MAX)
        return NULL;
    take_key(env, values, key);
    return number(env, kr_server_upgrade(self->server, key[0], key[1], key[2], fields, length));
}

/* Calls what takes a request and no more. */
static napi_value with_key(napi_env env, napi_callback_info info, int (*end)(kr_server *, uint32_t, uint32_t, uint32_t))
{
    napi_value values[4];
    uint32_t key[3];
    binding *self = arguments(env, info, 4, values);
    if (!self)
        return NULL;
    take_key(env, values, key);
    (void)end(self->server, key[0], key[1], key[2]);
    return NULL;
}

/* socketDeflates(handle, connection, generation, sequence) */
static napi_value js_socket_deflates(napi_env env, napi_callback_info info)
{
    return with_key(env, info, kr_server_socket_deflates);
}

/* hangUp(handle, connection, generation, sequence, code): 0 or negative */
static napi_value js_hang_up(napi_env env, napi_callback_info info)
{
    napi_value values[5];
    uint32_t key[3];
    binding *self = arguments(env, info, 5, values);
    if (!self)
        return NULL;
    take_key(env, values, key);
    return number(env, kr_server_hang_up(self->server, key[0], key[1], key[2], int_of(env, values[4])));
}

/* chunk(handle, connection, generation, sequence, data: Uint8Array): bytes that wait, or negative */
static napi_value js_chunk(napi_env env, napi_callback_info info)
{
    napi_value values[5];
    uint32_t key[3];
    size_t size = 0;
    void *data = NULL;
    binding *self = arguments(env, info, 5, values);
    if (!self)
        return NULL;
    if (napi_get_typedarray_info(env, values[4], NULL, &size, &data, NULL, NULL) != napi_ok)
        return throw_code(env, KR_EINVAL);
    take_key(env, values, key);
    return number(env, (double)kr_server_chunk(self->server, key[0], key[1], key[2], data, size));
}

/* finish(handle, connection, generation, sequence); abort(...): the same */
static napi_value js_finish(napi_env env, napi_callback_info info)
{
    return with_key(env, info, kr_server_finish);
}

static napi_value js_abort(napi_env env, napi_callback_info info)
{
    return with_key(env, info, kr_server_abort);
}

/* match(handle, method, path): [route, at, length, ...] or the bits of the methods that are allowed */
static napi_value js_match(napi_env env, napi_callback_info info)
{
    napi_value values[3], result;
    char path[KR_HEAD_BYTES_MAX];
    binding *self = arguments(env, info, 3, values);
    size_t length = self ? string_of(env, values[2], path, sizeof path) : SIZE_MAX;
    if (length == SIZE_MAX)
        return NULL;
    kr_match match;
    kr_server_match(self->server, int_of(env, values[1]), (const uint8_t *)path, length, &match);
    if (match.route < 0)
        return number(env, match.allowed);
    (void)napi_create_array(env, &result);
    (void)napi_set_element(env, result, 0, number(env, match.route));
    for (uint32_t i = 0; i < match.params_count; i++) {
        (void)napi_set_element(env, result, 2 * i + 1, number(env, match.params[i].at));
        (void)napi_set_element(env, result, 2 * i + 2, number(env, match.params[i].length));
    }
    return result;
}

/* -- the rest --------------------------------------------------------------------------------------------- */

/* secure(handle, certificate, key, handshakeMs): before listening; connections are TLS */
static napi_value js_secure(napi_env env, napi_callback_info info)
{
    enum { PATH_BYTES_MAX = 4096 };
    napi_value values[4];
    char certificate[PATH_BYTES_MAX], key[PATH_BYTES_MAX], error[KR_TLS_ERROR_BYTES] = "";
    binding *self = arguments(env, info, 4, values);
    if (!self || string_of(env, values[1], certificate, sizeof certificate) == SIZE_MAX ||
        string_of(env, values[2], key, sizeof key) == SIZE_MAX)
        return NULL;
    int32_t handshake_ms = int_of(env, values[3]);
    if (self->secure || kr_server_listener(self->server) >= 0 || handshake_ms < 0)
        return throw_code(env, KR_EINVAL);
    kr_tls_options options = {certificate, key, handshake_ms ? (uint32_t)handshake_ms : KR_TLS_HANDSHAKE_MS};
    int code = kr_tls_secure(self->server, &options, &self->tls, error);
    if (code < 0 && *error)
        (void)napi_throw_error(env, "ERR_KREPIS_TLS", error);
    else if (code < 0)
        return throw_code(env, code);
    self->secure = code == 0;
    return NULL;
}

/* listen(handle, address, port): port; a Unix socket's path with -1 */
static napi_value js_listen(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    char address[256];
    binding *self = arguments(env, info, 3, values);
    size_t length = self ? string_of(env, values[1], address, sizeof address) : SIZE_MAX;
    if (length == SIZE_MAX)
        return NULL;
    int port = int_of(env, values[2]);
    int code = port == -1 ? kr_server_listen_unix(self->server, address) : kr_server_listen(self->server, address, port);
    return code < 0 ? throw_listen(env, code, errno) : number(env, code);
}

/* adopt(handle, fd): port; a socket that was handed on to this process */
static napi_value js_adopt(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    binding *self = arguments(env, info, 2, values);
    if (!self)
        return NULL;
    int fd = int_of(env, values[1]);
    int code = fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? KR_ESYSTEM : kr_server_adopt(self->server, fd);
    return code < 0 ? throw_listen(env, code, errno) : number(env, code);
}

/* listener(handle): the descriptor that it listens with */
static napi_value js_listener(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    binding *self = arguments(env, info, 1, values);
    return self ? number(env, kr_server_listener(self->server)) : NULL;
}

/* descriptorOf(pid, fd): a descriptor of our own for one of a child's, or -1 when the system does not let us */
static napi_value js_descriptor_of(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    size_t count = 2;
    if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < 2)
        return NULL;
    int process = (int)syscall(SYS_pidfd_open, int_of(env, values[0]), 0);
    int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, int_of(env, values[1]), 0);
    if (process >= 0)
        (void)close(process);
    return number(env, fd);
}

/* stop(handle, graceMs, handOver) */
static napi_value js_stop(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    binding *self = arguments(env, info, 3, values);
    int32_t grace = self ? int_of(env, values[1]) : 0;
    bool hand_over = false;
    if (self && napi_get_value_bool(env, values[2], &hand_over) == napi_ok)
        (hand_over ? kr_server_hand_over : kr_server_stop)(self->server, grace > 0 ? (uint32_t)grace : 0);
    return NULL;
}

/* follow(handle, connection, generation): 0, or negative */
static napi_value js_follow(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    binding *self = arguments(env, info, 3, values);
    return self ? number(env, kr_server_follow(self->server, (uint32_t)int_of(env, values[1]),
                                               (uint32_t)int_of(env, values[2])))
                : NULL;
}

/* A thread of this process (0: this one) goes on as `by` steps of `nice` below the first one, or only when nobody else
 * wants its processor.  Slice: 0 leaves it as it is.  False when the system does not allow it. */
static bool give_way(id_t thread, int policy, int by, uint64_t slice_ns)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = sizeof attributes, .policy = (uint32_t)policy,
                    .nice = getpriority(PRIO_PROCESS, (id_t)getpid()) + by, .runtime = slice_ns};
    return syscall(SYS_sched_setattr, thread, &attributes, 0) == 0;
}

/* What a tenant's thread may have to do: nobody without the right to raise a priority comes back from SCHED_IDLE. */
static void *rest_and_come_back(void *came_back)
{
    *(bool *)came_back = give_way(0, SCHED_IDLE, 0, 0) && give_way(0, SCHED_OTHER, 0, 0);
    return NULL;
}

/* canRest(): whether rest() can be taken back */
static napi_value js_can_rest(napi_env env, napi_callback_info info)
{
    pthread_t thread;
    bool came_back = false;
    napi_value result = NULL;
    (void)info;
    if (pthread_create(&thread, NULL, rest_and_come_back, &came_back) == 0)
        (void)pthread_join(thread, NULL);
    (void)napi_get_boolean(env, came_back, &result);
    return result;
}

/* threads(): those of this process, by the system's numbers */
static napi_value js_threads(napi_env env, napi_callback_info info)
{
    napi_value result = NULL;
    uint32_t count = 0;
    (void)info;
    (void)napi_create_array(env, &result);
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task = tasks ? readdir(tasks) : NULL; task; task = readdir(tasks)) {
        if (atoi(task->d_name) > 0)
            (void)napi_set_element(env, result, count++, number(env, atoi(task->d_name)));
    }
    if (tasks)
        (void)closedir(tasks);
    return result;
}

/* cpuMs(thread): processor time that it took, or 0 when there is none */
static napi_value js_cpu_ms(napi_env env, napi_callback_info info)
{
    napi_value value;
    size_t count = 1;
    struct timespec time = {0};
    if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) != napi_ok || count < 1)
        return NULL;
    clockid_t clock = (clockid_t)(~(unsigned)int_of(env, value) << 3 | 6); /* clock_getcpuclockid(3), of a thread */
    if (clock_gettime(clock, &time) < 0)
        time = (struct timespec){0};
    return number(env, (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6);
}

/* yieldTo(thread, by, sliceUs): it gives way to the process's first one, by as much as `nice` does; with a slice of its
 * own (Linux 6.12 on; before, it is ignored) whoever wakes up waits no longer than that for it */
static napi_value js_yield_to(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    size_t count = 3;
    if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count == 3)
        (void)give_way((id_t)int_of(env, values[0]), SCHED_OTHER, int_of(env, values[1]),
                       (uint64_t)int_of(env, values[2]) * 1000);
    return NULL;
}

/* rest(thread): until yieldTo() it has what nobody else wants */
static napi_value js_rest(napi_env env, napi_callback_info info)
{
    napi_value value;
    size_t count = 1;
    if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) == napi_ok && count == 1)
        (void)give_way((id_t)int_of(env, value), SCHED_IDLE, 0, 0);
    return NULL;
}

/* yieldHelpers(by): so do the threads of V8 that collect garbage and compile for all isolates */
static napi_value js_yield_helpers(napi_env env, napi_callback_info info)
{
    napi_value value;
    size_t count = 1;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks || napi_get_cb_info(env, info, &count, &value, NULL, NULL) != napi_ok || count < 1)
        return NULL;
    for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
        char path[64], name[16] = "";
        (void)snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", task->d_name);
        FILE *file = fopen(path, "re");
        if (!file)
            continue;
        if (fgets(name, sizeof name, file) && strncmp(name, "V8Worker", 8) == 0)
            (void)give_way((id_t)atoi(task->d_name), SCHED_OTHER, int_of(env, value), 0);
        (void)fclose(file);
    }
    (void)closedir(tasks);
    return NULL;
}

/* address(handle, connection, generation, own): [address, port], or undefined when the connection is gone */
static napi_value js_address(napi_env env, napi_callback_info info)
{
    napi_value values[4], result = NULL, text = NULL;
    char address[KR_ADDRESS_BYTES];
    bool own = false;
    binding *self = arguments(env, info, 4, values);
    if (!self || napi_get_value_bool(env, values[3], &own) != napi_ok)
        return NULL;
    int port = kr_server_address(self->server, (uint32_t)int_of(env, values[1]), (uint32_t)int_of(env, values[2]), own,
                                 address);
    if (port < 0)
        return NULL;
    (void)napi_create_string_latin1(env, address, NAPI_AUTO_LENGTH, &text);
    (void)napi_create_array_with_length(env, 2, &result);
    (void)napi_set_element(env, result, 0, text);
    (void)napi_set_element(env, result, 1, number(env, port));
    return result;
}

/* metrics(handle): numbers in the order of kr_metrics */
static napi_value js_metrics(napi_env env, napi_callback_info info)
{
    napi_value values[1], result = NULL;
    binding *self = arguments(env, info, 1, values);
    if (!self)
        return NULL;
    kr_metrics metrics;
    kr_server_metrics(self->server, &metrics);
    uint64_t numbers[sizeof metrics / sizeof(uint64_t)];
    memcpy(numbers, &metrics, sizeof metrics);
    (void)napi_create_array(env, &result);
    for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)napi_set_element(env, result, i, number(env, (double)numbers[i]));
    return result;
}

/* metricsText(handle): the same for Prometheus */
static napi_value js_metrics_text(napi_env env, napi_callback_info info)
{
    napi_value values[1], result = NULL;
    char text[KR_METRICS_BYTES_MAX + KR_TLS_METRICS_BYTES_MAX];
    binding *self = arguments(env, info, 1, values);
    if (!self)
        return NULL;
    int length = kr_server_metrics_text(self->server, text, KR_METRICS_BYTES_MAX);
    if (length < 0)
        return throw_code(env, length);
    if (self->secure)
        length += kr_tls_metrics_text(&self->tls, text + length);
    (void)napi_create_string_utf8(env, text, (size_t)length, &result);
    return result;
}

NAPI_MODULE_INIT()
{
    const struct {
        const char *name;
        napi_callback function;
    } functions[] = {
        {"open", js_open},         {"start", js_start}, {"route", js_route}, {"fallback", js_fallback}, {"pieces", js_pieces}, {"pull", js_pull}, {"address", js_address}, {"follow", js_follow}, {"yieldTo", js_yield_to}, {"yieldHelpers", js_yield_helpers}, {"rest", js_rest}, {"canRest", js_can_rest}, {"threads", js_threads}, {"cpuMs", js_cpu_ms}, {"fixed", js_fixed}, {"files", js_files},
        {"stream", js_stream}, {"chunk", js_chunk}, {"finish", js_finish}, {"abort", js_abort},
        {"template", js_template}, {"apply", js_apply}, {"bytes", js_bytes}, {"match", js_match},
        {"listen", js_listen}, {"secure", js_secure}, {"adopt", js_adopt}, {"listener", js_listener}, {"descriptorOf", js_descriptor_of},     {"stop", js_stop},   {"metrics", js_metrics},
        {"metricsText", js_metrics_text}, {"upgrade", js_upgrade}, {"hangUp", js_hang_up}, {"socketDeflates", js_socket_deflates},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        napi_value function;
        if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) !=
                napi_ok ||
            napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
            return NULL;
    }
    return kr_tenants_exports(env, exports) == 0 ? exports : NULL;
}
