/* The kernel under the Twin: the kernel's own sources over a simulated HAL, explored.
 *
 * One step is one thing that can happen next: the server's tick, or something that a client, a handler or the clock
 * does.  The kernel is deterministic, so a list of steps is a whole execution, and replays exactly. */
#ifndef KREPIS_NATIVE_H
#define KREPIS_NATIVE_H

#include <setjmp.h>

#include "server.h"

enum {
    NATIVE_CLIENTS_MAX = 6,
    NATIVE_OUT_BYTES = 1024, /* of responses that a client has not read to their end */
    NATIVE_ASKED_MAX = 24,
    NATIVE_STEPS_MAX = 4096,
    NATIVE_STARVED_MAX = 1, /* ticks that a connection may be ready and not be served */
    NATIVE_LONG_BYTES = 300
};

/* What can happen.  A step is kind * 64 + the client or the request that it is about. */
enum kind { TICK, PIECE, ROOM, END, RESET, ANSWER, STREAM, CHUNK, ABORT, TIME, STOP, KINDS };
typedef uint16_t step;

/* Who does what, and how often: the bounds of an exploration. */
typedef struct scenario {
    const char *name;
    const char *scripts[NATIVE_CLIENTS_MAX]; /* bytes that arrive in pieces, cut at each '|' */
    uint32_t connections_max, bodies_max, blocks_max, pipeline_max;
    uint8_t faults; /* clients that end early or reset, at most */
    uint8_t times;  /* moves of the clock to the next time limit, at most */
    uint8_t stops;
    uint8_t streams; /* answers in pieces, at most */
    uint16_t window; /* bytes that a client takes at a time */
    enum extent { QUICK, FULL, SAMPLED } extent;
} scenario;

typedef struct client {
    const char *at; /* what has not arrived yet */
    uint16_t unread, window, out_length;
    uint8_t good, read_at, wanted; /* responses 200 so far; the next request; how many the script has */
    bool connected, ended, reset, closed, finished, failed, served;
    uint8_t ready, starved;
    uint32_t id;
    const char *read; /* what the server has not read */
    uint8_t out[NATIVE_OUT_BYTES];
} client;

/* A request that waits for its handler. */
typedef struct asked {
    uint32_t connection, generation, sequence;
    uint8_t digit, state; /* 0: not answered; 1: streaming; 2: one piece was sent */
} asked;

typedef struct world {
    const scenario *scenario;
    kr_server *server;
    int template_id;
    uint64_t now;
    uint8_t clients_count, accepted, asked_count, faults, times, stops, streams;
    client clients[NATIVE_CLIENTS_MAX];
    asked asked[NATIVE_ASKED_MAX];
} world;

/* -- world.c ---------------------------------------------------------------------------------------------- */

void world_open(world *w, const scenario *s);
void world_close(world *w);
/* The steps that are possible; returns how many. */
int world_steps(const world *w, step out[128]);
void world_do(world *w, step s);
/* Lets everything come to its end and stops the server. */
void world_finish(world *w);
/* Nobody but the server has anything left to do. */
bool world_is_over(const world *w);
/* Ends the step with a message; never returns. */
_Noreturn void world_fail(const char *message);

/* -- image.c: states of a world --------------------------------------------------------------------------- */

/* What every state must satisfy; fails otherwise. */
void image_check(const world *w);
/* What distinguishes the state from others, as 64 bits. */
uint64_t image_hash(const world *w);
size_t image_size(const world *w);
void image_save(const world *w, uint8_t *to);
void image_restore(world *w, const uint8_t *from);

/* -- explore.c: what explorations share ------------------------------------------------------------------- */

/* Where world_fail() and failed assertions go from now on; returns its argument. */
jmp_buf *world_catch(jmp_buf *where);
const char *world_why(void);
double world_seconds(void);
void states_new(void);
/* Whether the state was not there. */
bool states_add(uint64_t hash);
uint64_t states_count(void);

/* -- threads.c: the ring under several threads and memory models -------------------------------------------- */

int threads_find(const char *name); /* -1: none is called so */
void threads_list(void);
int threads_explore(int number, uint64_t states_max);
int threads_replay(int number, const char *schedule); /* 3: it is none */

extern const scenario scenarios[];
extern const int scenarios_count;

#endif
