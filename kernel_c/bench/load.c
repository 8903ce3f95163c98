/* A closed-loop load generator that costs less than what it measures: read, then write, in one handler.
 *
 * usage: load PORT|PATH CONNECTIONS PIPELINE SECONDS < request
 * Every response to the request must have the same length, which is learned from the first one; a status other than
 * 200, or a byte too many, ends the run.  Prints one line of JSON; latencies are of whole batches, in microseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, BATCH_MAX = 1 << 20, BUCKETS = 1 << 16 };

typedef struct connection {
    int fd;
    uint64_t got, since;
} connection;

static connection connections[CONNECTIONS_MAX];
static char request[65536], batch[BATCH_MAX], buffer[1 << 18];
static uint32_t buckets[BUCKETS]; /* of 4 us each below 2^16 * 4 us */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int dial(const char *target)
{
    int on = 1, fd = socket(target[0] == '/' ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(target))};
    remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    strncpy(local.sun_path, target, sizeof local.sun_path - 1);
    int rc = target[0] == '/' ? connect(fd, (struct sockaddr *)&local, sizeof local)
                              : connect(fd, (struct sockaddr *)&remote, sizeof remote);
    if (fd < 0 || rc < 0)
        fail("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* The length of the response to one request. */
static size_t learn(const char *target, size_t length)
{
    int fd = dial(target);
    size_t got = 0;
    if (write(fd, request, length) != (ssize_t)length)
        fail("write");
    for (;;) {
        ssize_t count = read(fd, buffer + got, sizeof buffer - 1 - got);
        if (count <= 0)
            fail("read");
        got += (size_t)count;
        buffer[got] = '\0';
        char *end = strstr(buffer, "\r\n\r\n"), *content = strcasestr(buffer, "\r\ncontent-length:");
        if (strncmp(buffer, "HTTP/1.1 200", 12) != 0) {
            fputs(buffer, stderr);
            exit(1);
        }
        if (end && content && content < end && got >= (size_t)(end - buffer) + 4 + strtoul(content + 17, NULL, 10))
            break;
        if (end && !(content && content < end) && strstr(end, "0\r\n\r\n"))
            break;
    }
    close(fd);
    return got;
}

static void send_batch(connection *c, size_t length)
{
    c->since = now_ns();
    if (send(c->fd, batch, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("send");
}

static uint64_t percentile(uint64_t count, double share)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (seen >= (uint64_t)((double)count * share))
            return 4 * (uint64_t)i + 4;
    }
    return 4 * BUCKETS;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int count = atoi(argv[2]), pipeline = atoi(argv[3]);
    double seconds = atof(argv[4]);
    size_t length = fread(request, 1, sizeof request, stdin), response = learn(argv[1], length);
    if (count > CONNECTIONS_MAX || (size_t)pipeline * length > BATCH_MAX)
        return 2;
    for (int i = 0; i < pipeline; i++)
        memcpy(batch + (size_t)i * length, request, length);
    int epoll = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &connections[i]};
        connections[i].fd = dial(argv[1]);
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
    }
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), batches = 0, now = start;
    for (int i = 0; i < count; i++)
        send_batch(&connections[i], (size_t)pipeline * length);
    while (now < end) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < ready; i++) {
            connection *c = events[i].data.ptr;
            ssize_t got;
            while ((got = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT)) == (ssize_t)sizeof buffer)
                c->got += (uint64_t)got;
            if (got == 0 || (got < 0 && errno != EAGAIN))
                fail("recv");
            c->got += got > 0 ? (uint64_t)got : 0;
            if (c->got < response * (size_t)pipeline)
                continue;
            if (c->got > response * (size_t)pipeline) {
                fputs("responses differ in length\n", stderr);
                return 1;
            }
            uint64_t bucket = (now_ns() - c->since) / 4000;
            buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
            batches++;
            c->got = 0;
            send_batch(c, (size_t)pipeline * length);
        }
        now = now_ns();
    }
    double took = (double)(now - start) / 1e9;
    printf("{\"responses\": %llu, \"seconds\": %.6f, \"p50_us\": %llu, \"p99_us\": %llu}\n",
           (unsigned long long)(batches * (uint64_t)pipeline), took, (unsigned long long)percentile(batches, 0.5),
           (unsigned long long)percentile(batches, 0.99));
    return 0;
}
