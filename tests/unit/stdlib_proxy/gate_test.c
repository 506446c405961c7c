/* Gates: a listener in a real network namespace, cut in each way. The keeper's sockets are the clients, so the test is inside and
 * outside at once. Where no namespace can be made these tests fail and say why: nothing may stand in for it. */
#include "tests/unit/stdlib_proxy/wire.h"

#include "base/clock.h"
#include "stdlib/passing.h"
#include "stdlib/proxy/gate.h"
#include "stdlib/sandbox/keeper.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INSIDE_PORT = 8080 };

struct inside {
    struct wire *wire;
    int channel; /* to the keeper */
    pid_t keeper;
};

static struct inside begin(void) {
    struct inside inside = { 0 };
    size_t descriptors = open_descriptors();
    inside.keeper = keeper_start(INSIDE_PORT, &inside.channel);
    cr_assert_gt(inside.keeper, 0);
    struct keeper_word word = { 0 };
    int gives[KEEPER_GIVES];
    size_t count = KEEPER_GIVES;
    struct buffer why = { 0 };
    cr_assert(is_ready(inside.channel, POLLIN, PATIENCE));
    cr_assert_eq(passing_take(inside.channel, &word, sizeof word, gives, &count), (ssize_t)sizeof word);
    if (word.step != KEEPER_READY) keeper_explain(&word, &why);
    cr_assert_eq(word.step, KEEPER_READY, "%s", why.bytes);
    close(gives[KEEPER_GIVES_NETWORK]);
    close(gives[KEEPER_GIVES_USER]);
    inside.wire = wire_over(gives[KEEPER_GIVES_LISTENER], descriptors);
    inside.wire->front->gate =
        gate_new(gives[KEEPER_GIVES_CALLS], gives[KEEPER_GIVES_WORDS], gives[KEEPER_GIVES_VOICE], INSIDE_PORT);
    front_open(inside.wire->front);
    return inside;
}

static void end(struct inside *inside) {
    int status;
    close(inside->channel);
    cr_expect_eq(waitpid(inside->keeper, &status, 0), inside->keeper);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the keeper ends with its channel");
    wire_free(inside->wire);
}

/* A socket of the namespace, which waits as sockets do. */
static int socket_inside(const struct inside *inside) {
    int descriptor = -1;
    size_t count = 1;
    char word;
    cr_assert(is_ready(inside->channel, POLLIN, PATIENCE));
    cr_assert_gt(passing_take(inside->channel, &word, 1, &descriptor, &count), 0);
    cr_assert_eq(count, 1);
    cr_assert_eq(send(inside->channel, "", 1, MSG_NOSIGNAL), 1);
    struct timeval limit = { .tv_sec = 10 };
    fcntl(descriptor, F_SETFL, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); /* of connect, too */
    return descriptor;
}

static int connect_to(int descriptor, const char *host, int port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, host, &address.sin_addr);
    return connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

/* What becomes of a call to this address; it is hung up. */
static int try(const struct inside *inside, const char *host, int port) {
    int client = socket_inside(inside), problem = connect_to(client, host, port);
    close(client);
    return problem;
}

/* A connection through the wire, both ends. */
static void meet(const struct inside *inside, int *client, int *service) {
    *client = socket_inside(inside);
    cr_assert_eq(connect_to(*client, "127.0.0.1", INSIDE_PORT), 0, "%s", strerror(errno));
    *service = answer_call(inside->wire);
    say(*client, "hello");
    expect_words(*service, "hello");
}

static uint64_t cut(const struct inside *inside, enum toxic toxic) {
    return wire_apply(inside->wire, &(struct fault){ .toxic = toxic, .is_down = toxic != TOXIC_REFUSE });
}

Test(gate, there_is_no_other_way_out) {
    struct inside inside = begin();
    cr_expect_eq(try(&inside, "127.0.0.1", inside.wire->service_port), ECONNREFUSED);
    cr_expect_eq(try(&inside, "192.0.2.1", 80), ENETUNREACH);
    cr_expect_eq(try(&inside, "127.0.0.1", INSIDE_PORT), 0);
    end(&inside);
}

Test(gate, refused_calls_are_counted_and_those_that_exist_are_reset) {
    struct inside inside = begin();
    int client, service;
    meet(&inside, &client, &service);
    uint64_t id = cut(&inside, TOXIC_REFUSE);
    cr_expect_eq(hear_end(client), ECONNRESET);
    cr_expect_eq(hear_end(service), ECONNRESET);
    cr_expect_eq(try(&inside, "127.0.0.77", INSIDE_PORT), ECONNREFUSED, "which is a call to nobody");
    for (int i = 0; i < 3; i++) cr_expect_eq(try(&inside, "127.0.0.1", INSIDE_PORT), ECONNREFUSED);
    await_told(inside.wire, "reset 5\nrefused 0\nrefused 0\nrefused 0\n");
    int taker = socket_inside(&inside);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(INSIDE_PORT) };
    cr_expect(bind(taker, (struct sockaddr *)&address, sizeof address) < 0 && errno == EADDRINUSE,
              "nobody inside may take the port meanwhile");
    close(taker);
    struct news met = wire_undo(inside.wire, id);
    cr_expect_eq(met.attempts, 3);
    cr_expect_eq(met.touched, 4);
    close(client);
    close(service);
    meet(&inside, &client, &service);
    close(client);
    close(service);
    end(&inside);
}

Test(gate, silence_is_silence_both_ways_and_nothing_is_lost) {
    struct inside inside = begin();
    int client, service, ending, ended;
    meet(&inside, &client, &service);
    meet(&inside, &ending, &ended);
    uint64_t id = cut(&inside, TOXIC_SILENT);
    say(client, "to the service");
    say(service, "to the client");
    close(ending);
    int caller = socket_inside(&inside);
    fcntl(caller, F_SETFL, O_NONBLOCK);
    cr_expect_eq(connect_to(caller, "127.0.0.1", INSIDE_PORT), EINPROGRESS);
    await_told(inside.wire, "dropped 0\n");
    cr_expect(!is_ready(service, POLLIN, 1200) && !is_ready(client, POLLIN, 0) && !is_ready(ended, POLLIN, 0));
    cr_expect(!is_ready(caller, POLLOUT, 0), "a call that nobody hears");
    cr_expect_str_eq(told(inside.wire), "dropped 0\n", "the kernel's repetitions are the same attempt");
    struct news met = wire_undo(inside.wire, id);
    cr_expect_eq(met.attempts, 1);
    cr_expect_eq(met.touched, 2, "the call, and the connection on which both spoke");
    expect_words(client, "to the client");
    expect_words(service, "to the service");
    cr_expect_eq(hear_end(ended), 0, "what was hung up meanwhile");
    cr_expect(is_ready(caller, POLLOUT, PATIENCE));
    close(answer_call(inside.wire));
    close(client);
    close(service);
    close(ended);
    close(caller);
    end(&inside);
}

Test(gate, a_reset_of_the_service_is_not_seen_before_the_cut_is_over) {
    struct inside inside = begin();
    int client, service;
    meet(&inside, &client, &service);
    uint64_t id = cut(&inside, TOXIC_SILENT);
    reset(service);
    await_told(inside.wire, "reset 5\n");
    cr_expect(!is_ready(client, POLLIN, 50));
    wire_undo(inside.wire, id);
    cr_expect_eq(hear_end(client), ECONNRESET);
    close(client);
    end(&inside);
}

Test(gate, unreachable_is_said_at_once) {
    struct inside inside = begin();
    int client, service;
    meet(&inside, &client, &service);
    uint64_t id = cut(&inside, TOXIC_UNREACHABLE);
    int64_t begun = clock_monotonic();
    for (int i = 0; i < 20; i++) cr_assert_eq(try(&inside, "127.0.0.1", INSIDE_PORT), ENETUNREACH);
    cr_expect_lt(clock_monotonic() - begun, 20 * SECOND);
    say(client, "held");
    cr_expect(!is_ready(service, POLLIN, 50));
    cr_expect(strstr(told(inside.wire), "unreachable 0\n"));
    struct news met = wire_undo(inside.wire, id);
    cr_expect_eq(met.attempts, 20);
    cr_expect_eq(met.touched, 21);
    expect_words(service, "held");
    close(client);
    close(service);
    end(&inside);
}

Test(gate, cuts_follow_one_another) {
    static const enum toxic ways[] = { TOXIC_SILENT, TOXIC_REFUSE, TOXIC_UNREACHABLE };
    struct inside inside = begin();
    for (int i = 0; i < 30; i++) {
        int client, service;
        uint64_t id = cut(&inside, ways[i % 3]);
        if (i % 2) cr_expect_neq(i % 3 ? try(&inside, "127.0.0.1", INSIDE_PORT) : 1, 0);
        cr_expect_eq(wire_undo(inside.wire, id).attempts, i % 2 && i % 3);
        meet(&inside, &client, &service);
        close(client);
        close(service);
    }
    end(&inside);
}

Test(gate, a_burst_waits_for_no_socket) {
    struct inside inside = begin();
    int taken[200];
    for (int i = 0; i < 200; i++) taken[i] = socket_inside(&inside);
    cr_expect_eq(connect_to(taken[199], "127.0.0.1", INSIDE_PORT), 0);
    for (int i = 0; i < 200; i++) close(taken[i]);
    end(&inside);
}

Test(gate, a_thousand_connections_fall_silent_and_speak_again) {
    static const enum toxic ways[] = { TOXIC_SILENT, TOXIC_UNREACHABLE, TOXIC_REFUSE };
    enum { MANY = 1000 };
    static int clients[MANY], services[MANY];
    size_t count = room_for(MANY);
    struct inside inside = begin();
    for (size_t i = 0; i < count; i++) meet(&inside, &clients[i], &services[i]);
    for (int way = 0; way < 3; way++) {
        uint64_t id = cut(&inside, ways[way]);
        for (size_t i = 0; i < count && ways[way] != TOXIC_REFUSE; i++) say(clients[i], "x");
        told(inside.wire);
        struct news met = wire_undo(inside.wire, id);
        cr_expect(met.touched > 0 && met.touched <= count && (ways[way] != TOXIC_REFUSE || met.touched == count));
        for (size_t i = 0; i < count; i++) {
            if (ways[way] != TOXIC_REFUSE) expect_words(services[i], "x");
            if (ways[way] == TOXIC_REFUSE) cr_expect_eq(hear_end(clients[i]), ECONNRESET);
        }
    }
    for (size_t i = 0; i < count; i++) {
        close(clients[i]);
        close(services[i]);
    }
    end(&inside);
}
