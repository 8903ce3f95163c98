/* Krepis kernel: an HTTP/1.1 server core (RFC 9110, RFC 9112).
 *
 * Conventions.  Results are a count or 0 on success and a negative KR_E* code on failure; the functions that judge
 * a client's bytes return minus an HTTP status (-400 to -599) when these are bad.  Structs are opaque except plain
 * records.  No global state: an object is used by one thread at a time, except where a comment says "any thread".
 * The caller owns what a *_new function returns and gives it back with the matching *_free, which accepts NULL.
 * All memory is taken by *_new; nothing allocates afterwards.  Times are in milliseconds of a monotonic clock.
 */
#ifndef KREPIS_KERNEL_H
#define KREPIS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    KR_ENOMEM = -1,    /* out of memory */
    KR_EINVAL = -2,    /* an argument is out of range */
    KR_EFULL = -3,     /* a table or buffer that was sized at the start is full */
    KR_ECONFLICT = -4, /* another route already answers the same requests */
    KR_EPATTERN = -5,  /* malformed route pattern */
    KR_ESYSTEM = -6,   /* a system call failed; errno says why */
    KR_EGONE = -7      /* the connection or the request is no more */
};

/* Hard limits; the ones in kr_limits can only be lower. */
enum {
    KR_HEAD_BYTES_MAX = 65535, /* offsets in a head are 16 bits wide */
    KR_FIELDS_MAX = 128,
    KR_METHOD_BYTES_MAX = 32,
    KR_CHUNK_LINE_BYTES_MAX = 1024,       /* chunk size with its extensions */
    KR_CHUNK_OVERHEAD_BYTES_MAX = 16384,  /* all chunk extensions of one body; so are all its trailers */
    KR_PARAMS_MAX = 8,
    KR_PATTERN_BYTES_MAX = 512,
    KR_SEGMENTS_MAX = 64,
    KR_DATE_BYTES = 29,
    KR_CHUNK_HEAD_BYTES = 18 /* the longest chunk size with its CRLF */
};

typedef struct kr_limits {
    uint32_t line_bytes_max; /* request line, or one field line, with its CRLF */
    uint32_t head_bytes_max;
    uint32_t fields_max;
    uint64_t body_bytes_max;
    uint64_t stream_bytes_max; /* of bodies that are handed over in pieces; 0: there are none */
} kr_limits;

/* -- bytes of one class: the vectorised scans and their portable twins -------------------------------------- */

enum { KR_SPAN_TOKEN = 0, KR_SPAN_TARGET = 1, KR_SPAN_VALUE = 2 };

/* How many bytes at the start of `data` belong to the class. */
size_t kr_span(int kind, const uint8_t *data, size_t length);
size_t kr_span_portable(int kind, const uint8_t *data, size_t length);

/* -- request heads ------------------------------------------------------------------------------------------ */

enum {
    KR_GET, KR_HEAD, KR_POST, KR_PUT, KR_DELETE, KR_PATCH, KR_OPTIONS, KR_TRACE, KR_METHODS,
    KR_METHOD_OTHER = KR_METHODS
};

enum {
    KR_KEEP_ALIVE = 1,      /* RFC 9112 section 9.3 */
    KR_CHUNKED = 2,
    KR_HAS_LENGTH = 4,
    KR_EXPECT_CONTINUE = 8, /* RFC 9110 section 10.1.1 */
    KR_UPGRADE = 16,
    KR_ABSOLUTE = 32,       /* the target is in absolute form */
    KR_HAS_HOST = 64
};

/* Offsets are from the start of the data that was parsed; values have no white space around them. */
typedef struct kr_field {
    uint16_t name, name_length, value, value_length;
} kr_field;

typedef struct kr_head {
    uint64_t content_length; /* 0 without KR_HAS_LENGTH */
    uint32_t flags;
    uint16_t method, method_length; /* its text starts at `line` */
    uint16_t minor;                 /* 0 or 1 */
    uint16_t line;                  /* where the request line starts: an empty line before it is skipped */
    uint16_t target, target_length;
    uint16_t path, path_length;
    uint16_t query, query_length; /* without the question mark */
    uint16_t fields_start;        /* where the first field line starts */
    uint16_t fields_count;
    kr_field fields[KR_FIELDS_MAX];
} kr_head;

/* Reads one request head.  `seen` is the length of the data at the call before, if that returned 0 for the same
 * head, else 0.  Returns the bytes of the head, 0 when more are needed, or minus a status.  A line is judged when it
 * is complete, so the result does not depend on how the data was cut.  Reads nothing outside data[0..length). */
int kr_head_parse(const kr_limits *limits, const uint8_t *data, size_t length, size_t seen, kr_head *head);

/* Reads field lines up to the end of the data (a trailer section without its final empty line).
 * Returns how many there are, or minus a status. */
int kr_fields_parse(const kr_limits *limits, const uint8_t *data, size_t length, kr_field *fields);

/* -- bodies ------------------------------------------------------------------------------------------------- */

typedef struct kr_body {
    uint64_t remaining; /* of the body, or of the chunk */
    uint64_t total;     /* data bytes so far */
    uint64_t limit;
    uint32_t state, line, extensions, trailers;
} kr_body;

enum { KR_BODY_MORE = 0, KR_BODY_DONE = 1, KR_BODY_DATA = 2, KR_BODY_TRAILER = 3 };

/* Prepares for the body that the head announces.  Returns 0, or -413 when it is too large. */
int kr_body_begin(kr_body *body, const kr_head *head, uint64_t bytes_max);

/* Takes bytes off the front of `data`.  Returns one of KR_BODY_* or minus a status.  `*used` bytes were taken; with
 * DATA and TRAILER the last `*run` of them are data, or a part of the trailer section. */
int kr_body_next(kr_body *body, const uint8_t *data, size_t length, size_t *used, size_t *run);

/* Writes the line before a chunk of `size` > 0 bytes; CRLF follows the chunk.  Returns the bytes written. */
int kr_chunk_head(uint8_t out[KR_CHUNK_HEAD_BYTES], uint64_t size);

/* -- one connection's requests ------------------------------------------------------------------------------ */

typedef struct kr_request {
    kr_head head;
    uint32_t head_length;
    uint64_t body, body_length; /* offset of the body in the data that was fed */
} kr_request;

enum {
    KR_CONTINUE_DUE = 1, /* the client waits for "100 Continue" */
    KR_LAST = 2,         /* nothing follows the last request on this connection */
    KR_HEAD_DUE = 4      /* the caller has to say how the body of the request is to be handed over */
};

typedef struct kr_connection kr_connection;
kr_connection *kr_connection_new(const kr_limits *limits);
void kr_connection_free(kr_connection *connection);

/* The next request in `data`, which starts where that request does and grows from call to call.  Chunked bodies are
 * decoded in place.  Returns the bytes that the request took, 0 when more are needed, or minus a status. */
int64_t kr_connection_next(kr_connection *connection, uint8_t *data, size_t length, kr_request *request);

/* With limits.stream_bytes_max, kr_connection_next() returns 0 with KR_HEAD_DUE after the head of a request that has a
 * body: the request's head and head_length are filled in.  The caller then says kr_connection_whole() and
 * asks for it with kr_connection_next(), or kr_connection_pieces() and asks for piece by piece; both return 0 or -413.
 * Of a piece the body's bytes at the front of `data` are moved together to `*size` bytes there, `*used` were taken.
 * Returns 1 at the end of the body, 0 when more are needed, or minus a status. */
int kr_connection_whole(kr_connection *connection);
int kr_connection_pieces(kr_connection *connection);
int kr_connection_piece(kr_connection *connection, uint8_t *data, size_t length, size_t *used, size_t *size);

/* KR_CONTINUE_DUE and KR_LAST; asking takes KR_CONTINUE_DUE away. */
int kr_connection_flags(kr_connection *connection);

/* -- router ------------------------------------------------------------------------------------------------- */

typedef struct kr_router kr_router;

typedef struct kr_param {
    uint16_t at, length; /* in the path, not decoded */
} kr_param;

typedef struct kr_match {
    int32_t route;     /* what was registered, or -1 */
    uint32_t allowed;  /* when -1: bits of the methods that the path has; 0 when there is no such path */
    uint32_t params_count;
    kr_param params[KR_PARAMS_MAX];
} kr_match;

kr_router *kr_router_new(uint32_t nodes_max, uint32_t text_bytes_max);
void kr_router_free(kr_router *router);

/* Patterns: "/users/:id" (one segment, not empty), "/files/" with "*rest" (all that is left, not empty; last).
 * Returns 0, KR_EPATTERN, KR_ECONFLICT or KR_EFULL; a failure changes no answer. */
int kr_router_add(kr_router *router, int method, const char *pattern, size_t length, int32_t route);

/* Static text wins over a parameter, a parameter over a wildcard; a route for the method wins over none.
 * HEAD falls back to GET (RFC 9110 section 9.3.2). */
void kr_router_match(const kr_router *router, int method, const uint8_t *path, size_t length, kr_match *match);

/* -- responses ---------------------------------------------------------------------------------------------- */

/* IMF-fixdate (RFC 9110 section 5.6.7) of seconds since 1970, year 1970 to 9999. */
void kr_date(int64_t seconds, char out[KR_DATE_BYTES]);

/* The reason phrase, or "" for an unknown status. */
const char *kr_reason(int status);

enum { KR_CLOSE = 1, KR_SAY_KEEP_ALIVE = 2, KR_CHUNKED_BODY = 4, KR_NO_DATE = 8 };

/* Writes a response head.  `fields` are complete field lines; the kernel writes Content-Length or Transfer-Encoding,
 * Date and Connection.  A status without content (1xx, 204, 304) gets no length.  Returns the bytes written, KR_EFULL,
 * or KR_EINVAL for a bad status, malformed fields, or one of the fields that the kernel writes. */
int kr_response_head(uint8_t *out, size_t capacity, int status, const char *fields, size_t fields_length,
                     uint64_t content_length, int flags, const char date[KR_DATE_BYTES]);

/* -- timers ------------------------------------------------------------------------------------------------- */

/* A hierarchical wheel of `capacity` timers, named 0 to capacity - 1. */
typedef struct kr_wheel kr_wheel;
kr_wheel *kr_wheel_new(uint32_t capacity, uint64_t now);
void kr_wheel_free(kr_wheel *wheel);

/* Sets, or sets anew; a time in the past fires at the next advance. */
void kr_wheel_set(kr_wheel *wheel, uint32_t timer, uint64_t due);
void kr_wheel_cancel(kr_wheel *wheel, uint32_t timer);

/* When the wheel wants to be advanced next: no timer is due earlier.  UINT64_MAX when none is set. */
uint64_t kr_wheel_next(const kr_wheel *wheel);

/* Moves to `now` and returns how many timers fired, in the order of (due, setting).  When `capacity` did, call again. */
uint32_t kr_wheel_advance(kr_wheel *wheel, uint64_t now, uint32_t *fired, uint32_t capacity);

/* -- servers ------------------------------------------------------------------------------------------------ */

/* One server is one thread's: several with the same port share it (SO_REUSEPORT). */
typedef struct kr_server kr_server;

typedef struct kr_options {
    kr_limits limits;
    uint32_t connections_max; /* further ones get a 503 */
    uint32_t bodies_max;      /* requests larger than a head that may be under way at once; further ones get a 503 */
    uint32_t blocks_max;      /* of 16 KiB, for responses that wait to be sent */
    uint32_t pipeline_max;    /* requests of one connection that may wait for their answers, 1 to 63 */
    uint32_t routes_max;
    uint32_t idle_ms;    /* between requests */
    uint32_t head_ms;    /* from the first byte of a head to its last */
    uint32_t body_ms;    /* from the end of the head to the end of the body */
    uint32_t write_ms;   /* without the client taking a byte */
    uint32_t handler_ms; /* for a handler to answer: then 504 */
    uint32_t linger_ms;  /* for the client to close after the last response */
    uint64_t stream_bytes_max; /* of a body that is handed over in pieces */
} kr_options;

/* Counted since the start; any thread may read them. */
typedef struct kr_metrics {
    uint64_t connections_open, accepted, refused, requests, bad_requests, timeouts, bytes_in, bytes_out, dropped;
    uint64_t responses[5]; /* by the first digit of the status */
} kr_metrics;

void kr_options_default(kr_options *options);

/* NULL when an option is out of range, or out of memory. */
kr_server *kr_server_new(const kr_options *options);
void kr_server_free(kr_server *server);

/* Before the first poll: a response that the kernel gives by itself, copied.  Returns 0 or as kr_router_add();
 * KR_EINVAL for a bad status or malformed fields. */
int kr_server_static(kr_server *server, int method, const char *pattern, size_t pattern_length, int status,
                     const char *fields, size_t fields_length, const uint8_t *body, size_t body_length);

/* Before the first poll: the files below a directory; the pattern ends in a wildcard.  Knows validators and single
 * ranges; hidden files are not there.  Returns 0, KR_ESYSTEM, or as kr_router_add(). */
int kr_server_files(kr_server *server, const char *pattern, size_t pattern_length, const char *directory);

/* Before the first poll: a route whose requests are handed to the caller.  Returns its number. */
int kr_server_handler(kr_server *server, int method, const char *pattern, size_t pattern_length);

/* The same for all requests that no route matches, whatever their method and target.  Once. */
int kr_server_fallback(kr_server *server);

/* Before listening: the bodies of this route's requests are handed over in pieces, unless they are there with the head.
 * Such a request has KR_BODY_COMES in KR_ROW_FLAGS and no body.  Each kr_server_pull() asks for one piece, which comes in
 * a row of its own: KR_ROUTE_BODY, with KR_BODY_ENDS in KR_ROW_FLAGS when it is the last, or KR_BODY_BROKEN
 * when the rest does not come: the client has its answer then, unless one was begun.  Nothing is read unless it is
 * asked for.  An answer before the end gives up the rest, and the connection with it when the rest is long or of unknown
 * length.  KR_EINVAL; KR_EGONE when nothing is left to ask for. */
int kr_server_pieces(kr_server *server, int route);
int kr_server_pull(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence);
enum { KR_ROUTE_BODY = -3, KR_BODY_COMES = 128, KR_BODY_ENDS = 256, KR_BODY_BROKEN = 512 };

/* Listens on an IPv4 or IPv6 address, or on a Unix socket.  Returns the port, or 0; KR_ESYSTEM. */
int kr_server_listen(kr_server *server, const char *address, int port);
int kr_server_listen_unix(kr_server *server, const char *path);
/* The same with a socket that listens already, in another process too: it is the server's from now on.  KR_EFULL,
 * KR_EGONE, KR_ESYSTEM. */
int kr_server_adopt(kr_server *server, int fd);
/* The socket that listens since the last of these calls, or -1. */
int kr_server_listener(const kr_server *server);

/* Waits for at most `timeout_ms` (-1: as long as it takes) and does what can be done.  Returns how many requests wait
 * in kr_server_rows(): they and the memory that they point into are good until kr_server_end(). */
int kr_server_poll(kr_server *server, int timeout_ms);
void kr_server_end(kr_server *server);

/* Polls until the server has stopped, for servers without handlers.  Returns 0 or KR_ESYSTEM. */
int kr_server_run(kr_server *server);

/* Any thread: takes no more connections, closes idle ones, and gives the others `grace_ms`. */
void kr_server_stop(kr_server *server, uint32_t grace_ms);
/* Any thread: the same when another server listens there already, so that no client notices.  What waits to be taken is
 * taken first, and connections without a request stay: the answer to their next one closes them, or the end of the
 * grace. */
void kr_server_hand_over(kr_server *server, uint32_t grace_ms);
/* Whether it has stopped: nothing is open any more. */
int kr_server_stopped(const kr_server *server);

/* The thread that polled, once it has stopped: gives back the descriptors, while its memory stays.  It does not listen or
 * poll any more. */
void kr_server_retire(kr_server *server);

void kr_server_metrics(const kr_server *server, kr_metrics *metrics);

/* The same in the text format of Prometheus, any thread.  Returns its length, or KR_EFULL. */
int kr_server_metrics_text(const kr_server *server, char *out, size_t capacity);
enum { KR_METRICS_BYTES_MAX = 4096 };

/* What a request that waits for a handler is made of: int32 words; offsets count from the start of its bytes, which
 * begin KR_ROW_BASE bytes into kr_server_memory(). */
enum {
    KR_ROW_ROUTE, KR_ROW_CONNECTION, KR_ROW_GENERATION, KR_ROW_SEQUENCE, KR_ROW_METHOD, KR_ROW_FLAGS, KR_ROW_BASE,
    KR_ROW_LINE, KR_ROW_METHOD_LENGTH, KR_ROW_FIELDS, KR_ROW_HEAD_LENGTH, KR_ROW_BODY, KR_ROW_BODY_LENGTH, KR_ROW_PATH,
    KR_ROW_PATH_LENGTH, KR_ROW_QUERY_LENGTH, KR_ROW_PARAMS_COUNT,
    KR_ROW_PARAMS, /* pairs of offset and length follow */
    KR_ROW_WORDS = 33
};
enum { KR_ROWS_MAX = 1024 };

enum { KR_OVER_TLS = 1024 }; /* in KR_ROW_FLAGS of a request */

const int32_t *kr_server_rows(const kr_server *server);
uint8_t *kr_server_memory(const kr_server *server, size_t *size);

/* A status with fields that do not change, as a number for kr_server_answer(). */
int kr_server_template(kr_server *server, int status, const char *fields, size_t fields_length);
enum { KR_TEMPLATES_MAX = 256, KR_FIELDS_BYTES_MAX = 8192 };

/* Answers a request; answers of one connection leave in the order of its requests, whatever the order here.
 * KR_EGONE when the connection is closed or the request answered; KR_EINVAL for malformed fields, and KR_EFULL when
 * the response does not fit: the client then gets a 500, or is dropped. */
int kr_server_answer(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int template_id,
                     const char *fields, size_t fields_length, const uint8_t *body, size_t body_length);

/* Starts a response whose body comes in pieces, chunked, or until the end of the connection for HTTP/1.0.  Returns 0;
 * 1 when that was all, since no body is wanted; or as kr_server_answer(). */
int kr_server_stream(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int template_id,
                     const char *fields, size_t fields_length);

/* The same for a body of `length` bytes, which goes out as it is: the caller adds that many, or aborts. */
int kr_server_stream_sized(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                           int template_id, const char *fields, size_t fields_length, uint64_t length);

/* Adds to a body that was started.  Returns how many bytes wait to be sent: above KR_STREAM_HIGH_BYTES a producer
 * should stop until it has notice.  KR_EGONE; KR_EFULL when the client was dropped for want of room. */
int64_t kr_server_chunk(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                        const uint8_t *data, size_t length);
enum { KR_STREAM_HIGH_BYTES = 65536 };

/* Ends the body; or gives up, so that the client sees that it is not complete. */
int kr_server_finish(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence);
int kr_server_abort(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence);

/* Answers a request for a WebSocket: 101, with the fields of the handshake, which are the caller's to check and make.
 * From then on kr_server_chunk() takes frames (see krepis_websocket.h), and what the client sends comes in rows with the
 * route KR_ROUTE_SOCKET: the opcode in KR_ROW_FLAGS, the data where the body is, the code of a close in KR_ROW_METHOD.
 * Pings are answered.  A close is the last row, also of what broke the protocol: the caller hangs up.  KR_EINVAL when it cannot be: not HTTP/1.1, other requests open, malformed fields. */
int kr_server_upgrade(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence,
                      const char *fields, size_t fields_length);
/* At once after the upgrade: compressed messages may come (RFC 7692); they are the caller's to inflate and to check. */
int kr_server_socket_deflates(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence);
enum { KR_SOCKET_DEFLATED = 16 }; /* with the opcode, in KR_ROW_FLAGS */
/* Says close (1005: without a code) and sends no more.  KR_EGONE, KR_EINVAL. */
int kr_server_hang_up(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence, int code);
enum { KR_ROUTE_SOCKET = -2 };

/* What happened to connections with open requests: triples of connection, generation, and 1 when it is gone, or 0
 * when everything was sent after more than KR_STREAM_HIGH_BYTES waited.  Returns how many; they are told once. */
int kr_server_notices(kr_server *server, int32_t *out, int capacity);

/* From now on there is a notice when the connection is gone, whether or not it has open requests.  0, KR_EGONE. */
int kr_server_follow(kr_server *server, uint32_t connection, uint32_t generation);

/* The IP address of the client, or our own, as text; "" for a Unix socket.  Returns its port, KR_EGONE or KR_ESYSTEM. */
enum { KR_ADDRESS_BYTES = 46 };
int kr_server_address(const kr_server *server, uint32_t connection, uint32_t generation, int own,
                      char out[KR_ADDRESS_BYTES]);

/* What the routes say to a path, without a request. */
void kr_server_match(const kr_server *server, int method, const uint8_t *path, size_t length, kr_match *match);

/* Wakes kr_server_poll() when `fd` is readable; kr_server_foreign() says whether it was at the last poll. */
int kr_server_watch(kr_server *server, int fd);
int kr_server_foreign(const kr_server *server);

#endif
