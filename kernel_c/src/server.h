/* Private to the server: a state machine over a hardware abstraction (HAL).  Nothing but the HAL makes system calls. */
#ifndef KREPIS_KERNEL_SERVER_H
#define KREPIS_KERNEL_SERVER_H

#include <stdatomic.h>

#include "internal.h"
#include "krepis_websocket.h"

#define KR__NONE UINT32_MAX

enum {
    KR__BLOCK_BYTES = 16384,   /* an output block, a small input buffer, and the most that one read takes */
    KR__ARENA_BYTES = 4 << 20, /* what one tick can read at most */
    KR__SLICES_MAX = 16,       /* of one send */
    KR__EVENTS_MAX = 512,
    KR__LISTENERS_MAX = 8,
    KR__ACCEPTS_MAX = 64 /* of one listener in one tick */
};

/* -- HAL ------------------------------------------------------------------------------------------------- */

enum { KR__READABLE = 1, KR__WRITABLE = 2, KR__HUNG_UP = 4 };
enum { KR__ID_WAKE = 0xffffffffu, KR__ID_FOREIGN = 0xfffffffeu, KR__ID_LISTENER = 0xffffff00u };

typedef struct kr__event {
    uint32_t id, ready;
} kr__event;

typedef struct kr__slice {
    const uint8_t *data;
    size_t length;
} kr__slice;

/* Results of receive, send and accept besides counts and descriptors. */
enum { KR__AGAIN = -1, KR__BROKEN = -2 };

/* A regular file, open for reading. */
typedef struct kr__file {
    int fd;
    uint64_t size;
    int64_t seconds; /* of its last change */
    uint32_t nanoseconds;
} kr__file;

/* Clock, readiness and bytes.  Connections are watched edge-triggered, listeners and foreign descriptors level. */
typedef struct kr__hal {
    void *self;
    uint64_t (*now_ms)(void *self);
    int64_t (*seconds)(void *self);
    int (*wait)(void *self, int64_t timeout_ms, kr__event *events, int capacity);
    void (*wake)(void *self); /* any thread */
    int (*listen)(void *self, const char *address, int port, uint32_t id, int *fd);
    int (*accept)(void *self, int listener);
    int (*watch)(void *self, int fd, uint32_t id, bool edge);
    int64_t (*receive)(void *self, int fd, uint8_t *data, size_t length);
    int64_t (*send)(void *self, int fd, const kr__slice *slices, int count);
    int (*open_directory)(void *self, const char *path);
    /* A file below the directory, whatever links there are.  0, or a status. */
    int (*open_file)(void *self, int directory, const char *path, kr__file *file);
    int64_t (*send_file)(void *self, int fd, int file, uint64_t at, uint64_t length);
    int (*address)(void *self, int fd, bool own, char out[KR_ADDRESS_BYTES]); /* as kr_server_address() */
    void (*finish)(void *self, int fd); /* no more will be sent */
    void (*leave)(void *self, int fd);  /* a connection is closed next, with nothing cut short; or NULL */
    void (*close)(void *self, int fd);
    void (*free)(void *self);
} kr__hal;

int kr__epoll_new(kr__hal *hal);

/* -- output.c: blocks and the chains made of them ---------------------------------------------------------- */

typedef struct kr__block {
    const uint8_t *data; /* of the block itself, or of a static body; NULL: of a file */
    uint64_t at, end;    /* what is not sent yet */
    int file;            /* closed with the block */
    uint32_t next;
    uint32_t sequence, last, next_held; /* in the first block of a response that waits for its turn */
    uint32_t stream;                    /* there too: KR__S_* */
} kr__block;

typedef struct kr__chain {
    uint32_t first, last;
} kr__chain;

typedef struct kr__output {
    const kr__hal *hal; /* to close files */
    uint8_t *memory;
    kr__block *blocks;
    uint32_t free, count;
} kr__output;

/* Space for `length` <= KR__BLOCK_BYTES bytes in one piece at the end of the chain, or NULL.  *length becomes what is
 * there; kr__output_commit() says how much of it was used. */
uint8_t *kr__output_reserve(kr__output *output, kr__chain *chain, size_t *length);
void kr__output_commit(kr__output *output, const kr__chain *chain, size_t used);
bool kr__output_copy(kr__output *output, kr__chain *chain, const uint8_t *data, size_t length);
bool kr__output_refer(kr__output *output, kr__chain *chain, const uint8_t *data, size_t length);
/* The file is the chain's, and closed in any case. */
bool kr__output_file(kr__output *output, kr__chain *chain, int file, uint64_t at, uint64_t length);
/* Neither chain is empty. */
void kr__output_join(kr__output *output, kr__chain *chain, kr__chain tail);
/* What can be sent from memory; none when a file comes first. */
int kr__output_slices(const kr__output *output, const kr__chain *chain, kr__slice slices[KR__SLICES_MAX]);
void kr__output_sent(kr__output *output, kr__chain *chain, uint64_t length);
void kr__output_free(kr__output *output, kr__chain *chain);

/* -- peer.c: one connection ------------------------------------------------------------------------------- */

/* What a connection waits for; each has its own time limit. */
enum kr__wait { KR__IDLE, KR__HEAD, KR__BODY, KR__WRITE, KR__ANSWER, KR__STREAM, KR__LINGER, KR__WAITS };
enum { KR__STREAM_MS = 86400000 }; /* without a piece of a body that was started */

/* A response whose body is not complete: in chunks; raw until the connection ends, or for as long as it was said. */
enum { KR__S_OPEN = 1, KR__S_RAW = 2, KR__S_SIZED = 4 };

enum {
    KR__P_READABLE = 1,  /* a read may give something */
    KR__P_HUNG_UP = 2,   /* the client closed its side: read up to the end */
    KR__P_ENDED = 4,     /* that end was read */
    KR__P_LAST = 8,      /* no further request is taken */
    KR__P_LINGER = 16,   /* all is sent; what comes is thrown away */
    KR__P_READY = 32,    /* in the list of those that can go on without an event */
    KR__P_CONTINUE = 64, /* owes a "100 Continue" when its turn comes */
    KR__P_STALLED = 128, /* complete requests may be held */
    KR__P_PINNED = 256,  /* rows of this tick point into its buffer */
    KR__P_BLOCKED = 512, /* the last send took less than there was */
    KR__P_NOTIFY = 1024, /* a producer waits for everything to be sent */
    KR__P_SOCKET = 2048, /* a WebSocket: what comes are frames */
    KR__P_FOLLOWED = 4096, /* somebody wants to know when it is gone, whatever it does */
    KR__P_UPLOAD = 8192,   /* the last request's body comes in pieces */
    KR__P_PULLED = 16384,  /* and one is wanted */
    KR__P_DISCARD = 32768  /* or none any more: what is left of it is thrown away */
};

typedef struct kr__peer {
    kr_connection protocol;
    kr_ws socket; /* once it is one */
    int fd; /* -1: the place is free */
    uint32_t generation, flags, next; /* next: in the list of free places, or of those that are ready */
    uint32_t buffer;                  /* of what came and was not used, or NONE */
    uint32_t at, held;                /* its bytes: from `at`, up to `held` */
    uint32_t asked, answered;         /* numbers of the next request, and of the next to be answered */
    uint64_t heads, olds;             /* by request number modulo 64: is it HEAD; is it HTTP/1.0 */
    kr__chain output;
    uint32_t stream;  /* of the response whose turn it is: KR__S_*, or 0 */
    uint32_t waiting; /* first block of the first response that waits for its turn */
    enum kr__wait wait;
    uint64_t since, due; /* when that wait began, and what the wheel knows */
} kr__peer;

typedef struct kr__template {
    int status;
    uint32_t length;
    char *text; /* up to the digits of Content-Length; without content, up to Date */
} kr__template;

typedef struct kr__route {
    int template_id; /* -1: a handler's, or files */
    int directory;   /* of files, or -1 */
    bool pieces;     /* of a handler that takes bodies so */
    uint32_t body_length;
    const uint8_t *body;
} kr__route;

typedef struct kr__counts {
    _Atomic uint64_t connections_open, accepted, refused, requests, bad_requests, timeouts, bytes_in, bytes_out, dropped;
    _Atomic uint64_t responses[5];
} kr__counts;

struct kr_server {
    kr__hal hal;
    kr_options options;
    uint64_t timeout_ms[KR__WAITS];
    uint64_t now;
    int64_t seconds;
    char date[KR_DATE_BYTES];
    kr_wheel *wheel;
    kr_router *router;
    kr__route *routes;
    uint32_t routes_count;
    int32_t fallback; /* the route of requests that no route matches, or -1 */
    kr__template templates[KR_TEMPLATES_MAX];
    uint32_t templates_count;
    kr__peer *peers;
    uint32_t peers_free, ready;
    kr__peer *dirty; /* has output that was not tried to be sent */
    uint8_t *memory; /* the arena of the tick, then small buffers, then large ones */
    size_t memory_bytes;
    uint32_t arena_used;
    uint32_t large_bytes;
    uint32_t *small, *large, *late; /* stacks: free small buffers, free large ones, and those given back in this tick */
    uint32_t small_count, large_count, late_count;
    kr__output output;
    int32_t *rows;
    uint32_t rows_flags; /* of every request's */
    uint32_t rows_count, *pinned, pinned_count;
    uint32_t *fired;
    int32_t *notices; /* triples, see kr_server_notices() */
    uint32_t notices_count, notices_max;
    int listeners[KR__LISTENERS_MAX];
    uint32_t listeners_count;
    uint64_t stop_at;
    bool foreign, stopping, peers_made, retired;
    kr__counts counts;
    _Atomic uint32_t grace_ms; /* NONE while nobody asked to stop */
    _Atomic bool hands_over; /* stops as kr_server_hand_over() says */
    _Atomic bool stopped;
};

/* The server's thread is the only writer, so an addition needs no locked instruction. */
static inline void kr__count(_Atomic uint64_t *count, uint64_t add)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + add, memory_order_relaxed);
}

/* -- a record of what happens, for specs/ConnectionLife.tla; without KR__LOG nothing is compiled ---------------- */

enum kr__note {
    KR__N_OPEN, KR__N_ASK, KR__N_PART, KR__N_REFUSE, KR__N_END, KR__N_CONTINUE, KR__N_ANSWER, KR__N_STREAM, KR__N_RAW,
    KR__N_CHUNK, KR__N_FINISH, KR__N_BLOCK, KR__N_FLUSH, KR__N_DROP, KR__N_TIMEOUT, KR__N_READY, KR__N_TAKE, KR__N_STOP,
    KR__NOTES
};
#ifdef KR__LOG
/* Called before it happens; `number` is the request, or what the note is about besides. */
void kr__log(const kr_server *server, const kr__peer *peer, enum kr__note note, uint32_t number);
#define KR__NOTE(server, peer, note, number) kr__log(server, peer, note, number)
#else
#define KR__NOTE(server, peer, note, number) ((void)0)
#endif

kr_server *kr__server_new(const kr_options *options, kr__hal hal);
void kr__buffer_free(kr_server *server, uint32_t buffer);

/* -- answer.c --------------------------------------------------------------------------------------------- */

/* What a response consists of besides its status and the fields of its template. */
typedef struct kr__content {
    kr__slice fields;
    kr__slice body;
    int file; /* -1, or a file to send `body.length` bytes of, from `at`; it is closed in any case */
    uint64_t at;
    uint32_t stream; /* KR__S_*: the body follows */
    bool is_static;  /* the body stays where it is until the server is freed */
} kr__content;

/* Answers request `sequence`, which was asked and not answered.  False when the peer had to be dropped. */
bool kr__answer(kr_server *server, kr__peer *peer, uint32_t sequence, int template_id, kr__content content);
/* The same with an error's own template and its reason as the body. */
bool kr__answer_error(kr_server *server, kr__peer *peer, uint32_t sequence, int status, kr__slice fields);
/* Says "100 Continue" when it is due and nothing is to be said before it.  False as above. */
bool kr__answer_continue(kr_server *server, kr__peer *peer);
/* The peer of a request that was asked and is not answered, or NULL.  It is flushed when another one's turn comes. */
kr__peer *kr__find_peer(kr_server *server, uint32_t connection, uint32_t generation, uint32_t sequence);
bool kr__templates_init(kr_server *server);
/* The template that kr__templates_init() made for the status. */
int kr__template_of(int status);

/* Whether a response to it was begun, at least. */
bool kr__is_begun(const kr_server *server, const kr__peer *peer, uint32_t sequence);

/* -- files.c ---------------------------------------------------------------------------------------------- */

/* Answers with the file that the route's parameter names. */
void kr__files_answer(kr_server *server, kr__peer *peer, uint32_t sequence, int directory, const uint8_t *data,
                      const kr_request *request, const kr_match *match);

/* -- socket.c --------------------------------------------------------------------------------------------- */

/* Takes the messages off the front of `data`.  Returns how much of it is done with; *kept bytes after that stay. */
uint32_t kr__socket_consume(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, uint32_t *kept);
/* Gives up, and says why. */
void kr__socket_fail(kr_server *server, kr__peer *peer, int code);

/* -- upload.c --------------------------------------------------------------------------------------------- */

/* Whether the body of the request is to be handed over in pieces: `rest` bytes of it are there. */
bool kr__upload_is_due(const kr_server *server, const uint8_t *data, const kr_head *head, size_t rest);
/* Takes a piece off the front of `data`, as kr__socket_consume() does a message. */
uint32_t kr__upload_consume(kr_server *server, kr__peer *peer, uint8_t *data, uint32_t length, uint32_t *kept);
/* The body is malformed, too long or too late. */
void kr__upload_fail(kr_server *server, kr__peer *peer, int status);
/* The request is answered, so that what is left of its body is not wanted; or it is forgotten. */
void kr__upload_answered(kr_server *server, kr__peer *peer);
void kr__upload_forget(kr__peer *peer);

/* A new row of a peer, with bytes from `data` on: the caller fills in the rest.  There has to be room. */
int32_t *kr__peer_row(kr_server *server, kr__peer *peer, const uint8_t *data);
void kr__peer_open(kr_server *server, int fd);
void kr__peer_event(kr_server *server, kr__peer *peer, uint32_t ready);
void kr__peer_go_on(kr_server *server, kr__peer *peer);
void kr__peer_flush(kr_server *server, kr__peer *peer);
void kr__peer_tidy(kr_server *server, kr__peer *peer);
void kr__peer_timer(kr_server *server, kr__peer *peer);
void kr__peer_stop(kr_server *server, kr__peer *peer);
void kr__peer_drop(kr_server *server, kr__peer *peer);
/* Gives up the responses that wait for their turn, from that to request `from` on. */
void kr__peer_forget(kr_server *server, kr__peer *peer, uint32_t from);

#endif
