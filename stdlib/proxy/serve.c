/* The process around the API: the wire's thread does all, this one waits for a signal and throws away what is told. */
#include "stdlib/proxy/serve.h"

#include "base/memory.h"
#include "stdlib/proxy/api_listener.h"
#include "stdlib/proxy/api_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { NEWS_LIMIT = 64 << 10 };

static int open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    struct sigaction hangup;
    bool keeps_going = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN; /* nohup */
    if (!keeps_going) sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void forget_news(struct engine *engine) {
    uint64_t lost;
    struct news *news = news_take(engine->news, &lost);
    while (news) {
        struct news *next = news->next;
        memory_release(news);
        news = next;
    }
}

static int await_signal(struct engine *engine, int signals) {
    struct pollfd ready[] = { { .fd = signals, .events = POLLIN },
                              { .fd = news_queue_descriptor(engine->news), .events = POLLIN } };
    struct signalfd_siginfo told;
    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) return SIGTERM;
        if (ready[1].revents) forget_news(engine);
        if (ready[0].revents && read(signals, &told, sizeof told) == sizeof told) return (int)told.ssi_signo;
    }
}

static int serve(const struct proxy_serving *serving, struct engine *engine, int signals, int listener,
                 const char *address, struct buffer *problem) {
    struct api_problem wrong = { 0 };
    struct api_server *server = api_server_new(engine, listener, serving->version, serving->seed);
    int ended = 0;
    if (api_server_open(server, serving->config, &wrong)) {
        serving->opened(address);
        ended = await_signal(engine, signals);
    } else {
        buffer_printf(problem, "the configuration: %s", wrong.text.bytes);
    }
    buffer_done(&wrong.text);
    api_server_close(server);
    return ended;
}

int proxy_serve(const struct proxy_serving *serving, struct buffer *problem) {
    struct buffer address = { 0 };
    int ended = 0, signals = open_signals();
    struct engine *engine = signals >= 0 ? engine_start(NEWS_LIMIT) : NULL;
    if (!engine) buffer_printf(problem, "the proxies' thread cannot be started: %s", strerror(errno));
    int listener = engine ? api_listen(serving->listen, &address, problem) : -1;
    if (listener >= 0) ended = serve(serving, engine, signals, listener, address.bytes, problem);
    if (engine) engine_stop(engine);
    if (signals >= 0) close(signals);
    buffer_done(&address);
    return ended;
}
