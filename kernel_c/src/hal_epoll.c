/* The production HAL: Linux sockets and epoll. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

enum { DESCRIPTORS_MAX = 1 << 17 }; /* whose files go out in steps; higher ones send as much as the socket takes */

typedef struct kr__epoll {
    uint32_t *ids; /* of connections, by their descriptors */
    int epoll, wake, spare; /* spare: given up for a moment when descriptors run out, to turn a client away */
} kr__epoll;

static uint64_t now_ms(void *self)
{
    struct timespec time;
    (void)self;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static int64_t seconds(void *self)
{
    struct timespec time;
    (void)self;
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time.tv_sec;
}

static int wait_events(void *self, int64_t timeout_ms, kr__event *events, int capacity)
{
    const kr__epoll *hal = self;
    struct epoll_event ready[KR__EVENTS_MAX];
    assert(capacity > 0 && capacity <= KR__EVENTS_MAX);
    int timeout = timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
    int count = epoll_wait(hal->epoll, ready, capacity, timeout);
    if (count < 0)
        return errno == EINTR ? 0 : KR_ESYSTEM;
    for (int i = 0; i < count; i++) {
        uint32_t bits = ready[i].events;
        events[i].id = ready[i].data.u32;
        events[i].ready = (bits & (EPOLLIN | EPOLLERR) ? KR__READABLE : 0) | (bits & EPOLLOUT ? KR__WRITABLE : 0) |
                          (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) ? KR__HUNG_UP | KR__READABLE : 0);
        if (events[i].id == KR__ID_WAKE) {
            uint64_t value;
            ssize_t ignored = read(hal->wake, &value, sizeof value);
            (void)ignored;
        }
    }
    return count;
}

static void wake(void *self)
{
    const kr__epoll *hal = self;
    uint64_t one = 1;
    ssize_t written = write(hal->wake, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

enum { EDGE = EPOLLIN | EPOLLOUT | EPOLLRDHUP | (int)EPOLLET };

static int watch(void *self, int fd, uint32_t id, bool edge)
{
    const kr__epoll *hal = self;
    struct epoll_event event = {.data.u32 = id};
    event.events = edge ? (uint32_t)EDGE : EPOLLIN;
    if (edge && fd < DESCRIPTORS_MAX)
        hal->ids[fd] = id;
    return epoll_ctl(hal->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? KR_ESYSTEM : 0;
}

/* Fills in the address of an IP, or of a Unix socket when `port` is negative.  Returns its length, or 0. */
static socklen_t address_of(const char *text, int port, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)storage;
    struct sockaddr_un *local = (struct sockaddr_un *)(void *)storage;
    if (port < 0) {
        size_t length = strlen(text);
        if (length >= sizeof local->sun_path)
            return 0;
        local->sun_family = AF_UNIX;
        memcpy(local->sun_path, text, length);
        return sizeof *local;
    }
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return sizeof *four;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
        return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    return sizeof *six;
}

static int address(void *self, int fd, bool own, char out[KR_ADDRESS_BYTES])
{
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    (void)self;
    out[0] = '\0';
    struct sockaddr *address = (struct sockaddr *)(void *)&storage;
    if ((own ? getsockname(fd, address, &length) : getpeername(fd, address, &length)) < 0)
        return KR_ESYSTEM;
    const struct sockaddr_in *four = (struct sockaddr_in *)(void *)&storage;
    const struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&storage;
    if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6)
        return 0;
    bool is_six = storage.ss_family == AF_INET6;
    const void *bytes = is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr;
    if (!inet_ntop(storage.ss_family, bytes, out, KR_ADDRESS_BYTES))
        return KR_ESYSTEM;
    return ntohs(is_six ? six->sin6_port : four->sin_port);
}

static int bound_port(int fd)
{
    char text[KR_ADDRESS_BYTES];
    return address(NULL, fd, true, text);
}

static int listen_on(void *self, const char *address, int port, uint32_t id, int *fd)
{
    struct sockaddr_storage storage;
    socklen_t length = address_of(address, port, &storage);
    if (length == 0)
        return KR_EINVAL;
    *fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return KR_ESYSTEM;
    int on = 1, error = 0;
    if (port >= 0)
        error = setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) |
                setsockopt(*fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    struct stat status;
    if (port < 0 && stat(address, &status) == 0 && S_ISSOCK(status.st_mode))
        error = unlink(address); /* of a server that was killed */
    if (!error && bind(*fd, (struct sockaddr *)(void *)&storage, length) == 0 && listen(*fd, SOMAXCONN) == 0 &&
        watch(self, *fd, id, false) == 0)
        return bound_port(*fd);
    int saved = errno;
    (void)close(*fd);
    errno = saved;
    *fd = -1;
    return KR_ESYSTEM;
}

static int accept_one(void *self, int listener)
{
    kr__epoll *hal = self;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && hal->spare >= 0) {
        (void)close(hal->spare);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            (void)close(fd);
        hal->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return KR__BROKEN;
    }
    if (fd < 0)
        return errno == ECONNABORTED || errno == EINTR ? KR__BROKEN : KR__AGAIN;
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails for Unix sockets, which have no delay */
    return fd;
}

static int64_t receive(void *self, int fd, uint8_t *data, size_t length)
{
    (void)self;
    assert(length > 0);
    ssize_t count = recv(fd, data, length, 0);
    if (count >= 0)
        return count;
    return errno == EAGAIN || errno == EINTR ? KR__AGAIN : KR__BROKEN;
}

static int64_t send_slices(void *self, int fd, const kr__slice *slices, int count)
{
    (void)self;
    assert(count > 0 && count <= KR__SLICES_MAX);
    struct iovec vector[KR__SLICES_MAX];
    for (int i = 0; i < count; i++)
        vector[i] = (struct iovec){(void *)(uintptr_t)slices[i].data, slices[i].length};
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = (size_t)count};
    ssize_t sent = count == 1 ? send(fd, slices[0].data, slices[0].length, MSG_NOSIGNAL)
                              : sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? KR__AGAIN : KR__BROKEN;
}

static int open_directory(void *self, const char *path)
{
    (void)self;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? KR_ESYSTEM : fd;
}

static int open_file(void *self, int directory, const char *path, kr__file *file)
{
    (void)self;
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
    file->fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (file->fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? 503 : 404;
    struct stat status;
    if (fstat(file->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        (void)close(file->fd);
        return 404;
    }
    file->size = (uint64_t)status.st_size;
    file->seconds = status.st_mtim.tv_sec;
    file->nanoseconds = (uint32_t)status.st_mtim.tv_nsec;
    return 0;
}

static int64_t send_file(void *self, int fd, int file, uint64_t at, uint64_t length)
{
    enum { STEP = 1 << 20 }; /* so that one client's file does not keep the others waiting */
    const kr__epoll *hal = self;
    assert(length > 0);
    off_t offset = (off_t)at;
    bool steps = length > STEP && fd < DESCRIPTORS_MAX;
    ssize_t sent = sendfile(fd, file, &offset, steps ? STEP : length);
    if (steps && sent == STEP) { /* the socket may take more, and then has no edge to tell of */
        struct epoll_event event = {.data.u32 = hal->ids[fd], .events = (uint32_t)EDGE};
        if (epoll_ctl(hal->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
            return KR__BROKEN;
    }
    if (sent > 0)
        return sent;
    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? KR__AGAIN : KR__BROKEN; /* 0: it was cut short */
}

static void finish(void *self, int fd)
{
    (void)self;
    (void)shutdown(fd, SHUT_WR);
}

static void close_fd(void *self, int fd)
{
    (void)self;
    assert(fd >= 0);
    (void)close(fd);
}

static void free_hal(void *self)
{
    kr__epoll *hal = self;
    if (hal->epoll >= 0)
        (void)close(hal->epoll);
    if (hal->wake >= 0)
        (void)close(hal->wake);
    if (hal->spare >= 0)
        (void)close(hal->spare);
    free(hal->ids);
    free(hal);
}

int kr__epoll_new(kr__hal *out)
{
    kr__epoll *hal = malloc(sizeof *hal);
    if (!hal)
        return KR_ENOMEM;
    hal->ids = calloc(DESCRIPTORS_MAX, sizeof *hal->ids); /* no memory before it is touched */
    hal->epoll = epoll_create1(EPOLL_CLOEXEC);
    hal->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    hal->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!hal->ids || hal->epoll < 0 || hal->wake < 0 || watch(hal, hal->wake, KR__ID_WAKE, false) < 0) {
        free_hal(hal);
        return KR_ESYSTEM;
    }
    *out = (kr__hal){
        .self = hal,
        .now_ms = now_ms,
        .seconds = seconds,
        .wait = wait_events,
        .wake = wake,
        .listen = listen_on,
        .accept = accept_one,
        .watch = watch,
        .receive = receive,
        .send = send_slices,
        .open_directory = open_directory,
        .open_file = open_file,
        .send_file = send_file,
        .address = address,
        .finish = finish,
        .close = close_fd,
        .free = free_hal,
    };
    return 0;
}
