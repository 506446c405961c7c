/* What services are made of, piece by piece; whole services are run by tests/behaviour and tests/docker. */
#include "stdlib/service/plan.h"
#include "stdlib/service/port.h"
#include "stdlib/service/ps.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- what compose says: outputs of real ones, shortened ---- */
static const char array_form[] = /* v2 before 2.21 */
    "[{\"ID\":\"1f\",\"Name\":\"p-web-1\",\"Command\":\"httpd\",\"Project\":\"p\",\"Service\":\"web\",\"State\":"
    "\"running\","
    "\"Health\":\"\",\"ExitCode\":0,\"Publishers\":[{\"URL\":\"127.0.0.1\",\"TargetPort\":8080,\"PublishedPort\":49153,"
    "\"Protocol\":\"tcp\"}]},{\"ID\":\"2e\",\"Name\":\"p-migrate-1\",\"Project\":\"p\",\"Service\":\"migrate\","
    "\"State\":"
    "\"exited\",\"Health\":\"\",\"ExitCode\":3,\"Publishers\":null}]\n";
static const char line_form[] = /* since 2.21 */
    "{\"Command\":\"\\\"httpd\\\"\",\"CreatedAt\":\"2026-05-07 12:00:00 +0000 "
    "UTC\",\"ExitCode\":0,\"Health\":\"starting\","
    "\"ID\":\"1f\",\"Labels\":\"com.docker.compose.project=p\",\"Name\":\"p-web-1\",\"Networks\":\"p_default\","
    "\"Project\":"
    "\"p\",\"Publishers\":[{\"URL\":\"\",\"TargetPort\":9090,\"PublishedPort\":0,\"Protocol\":\"tcp\"},{\"URL\":\"127."
    "0.0.1\","
    "\"TargetPort\":8080,\"PublishedPort\":49154,\"Protocol\":\"tcp\"}],\"Service\":\"web\",\"State\":\"running\"}\n"
    "{\"ExitCode\":0,\"Health\":\"healthy\",\"Name\":\"p-db-1\",\"Publishers\":[],\"Service\":\"db\",\"State\":"
    "\"running\"}\n";
static const char inspect_form[] = /* docker inspect, for v1 */
    "[\n    {\n        \"Id\": \"43\",\n        \"State\": {\"Status\": \"running\", \"ExitCode\": 0},\n"
    "        \"Config\": {\"Labels\": {\"com.docker.compose.project\": \"p\", \"com.docker.compose.service\": "
    "\"other\"}},\n"
    "        \"NetworkSettings\": {\"Ports\": {}}\n    },\n    {\n        \"Id\": \"0c\",\n"
    "        \"State\": {\"Status\": \"running\", \"ExitCode\": 0, \"Health\": {\"Status\": \"unhealthy\"}},\n"
    "        \"Config\": {\"Labels\": {\"com.docker.compose.service\": \"web\"}},\n"
    "        \"NetworkSettings\": {\"Ports\": {\"9090/tcp\": null, \"8080/tcp\": [{\"HostIp\": \"127.0.0.1\", "
    "\"HostPort\": "
    "\"32769\"}]}}\n    }\n]\n";

static struct ps_state compose(const char *said, const char *service, int target, bool *good) {
    struct heap *heap = heap_new(0);
    struct ps_state state;
    *good = ps_read_compose(heap, text_of(said), text_of(service), target, &state);
    cr_expect_eq(heap_free(heap), 0);
    return state;
}

static struct ps_state inspect(const char *said, const char *service, int target, bool *good) {
    struct heap *heap = heap_new(0);
    struct ps_state state;
    *good = ps_read_inspect(heap, text_of(said), text_of(service), target, &state);
    cr_expect_eq(heap_free(heap), 0);
    return state;
}

Test(service, compose_before_2_21_prints_an_array) {
    bool good;
    struct ps_state web = compose(array_form, "web", 8080, &good);
    cr_expect(good && web.found && web.running && !web.has_health);
    cr_expect_eq(web.port, 49153);
    struct ps_state migrate = compose(array_form, "migrate", 0, &good);
    cr_expect(good && migrate.found && !migrate.running);
    cr_expect(migrate.over && !web.over);
    cr_expect_eq(migrate.exit_code, 3);
    cr_expect_eq(migrate.port, 0);
}

Test(service, compose_since_2_21_prints_a_line_each) {
    bool good;
    struct ps_state web = compose(line_form, "web", 0, &good);
    cr_expect(good && web.found && web.running && web.has_health && !web.healthy);
    cr_expect_eq(web.port, 49154, "a port that is not published has none: %d", web.port);
    cr_expect_eq(compose(line_form, "web", 9090, &good).port, 0);
    cr_expect(compose(line_form, "db", 0, &good).healthy);
    cr_expect_not(compose(line_form, "nobody", 0, &good).found);
}

/* `docker events` of projects that ran, shortened: compose 1.29.2 on Docker 20.10, and what v2 labels its containers with. */
static const char die_of_v1[] =
    "{\"status\":\"die\",\"id\":\"5070c8ab\",\"from\":\"aot-busybox\",\"Type\":\"container\",\"Action\":\"die\","
    "\"Actor\":{"
    "\"ID\":\"5070c8ab\",\"Attributes\":{\"com.docker.compose.config-hash\":\"43a6503\",\"com.docker.compose.container-"
    "number\":"
    "\"1\",\"com.docker.compose.oneoff\":\"False\",\"com.docker.compose.project\":\"aotx\",\"com.docker.compose."
    "service\":"
    "\"worker\",\"com.docker.compose.version\":\"1.29.2\",\"exitCode\":\"3\",\"image\":\"aot-busybox\",\"name\":"
    "\"aotx_worker_1\"}},\"scope\":\"local\",\"time\":1795811231,\"timeNano\":1795811231084792555}";
static const char start_of_v1[] =
    "{\"status\":\"start\",\"id\":\"5070c8ab\",\"from\":\"aot-busybox\",\"Type\":\"container\",\"Action\":\"start\","
    "\"Actor\":{"
    "\"ID\":\"5070c8ab\",\"Attributes\":{\"com.docker.compose.project\":\"aotx\",\"com.docker.compose.service\":"
    "\"worker\","
    "\"com.docker.compose.version\":\"1.29.2\",\"name\":\"aotx_worker_1\"}},\"scope\":\"local\",\"time\":1795811232,"
    "\"timeNano\":1795811232917448607}";
static const char die_of_v2[] =
    "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"0c11\",\"Attributes\":{\"com.docker.compose.config-"
    "hash\":"
    "\"a1\",\"com.docker.compose.container-number\":\"1\",\"com.docker.compose.depends_on\":\"\",\"com.docker.compose."
    "image\":"
    "\"sha256:9a\",\"com.docker.compose.oneoff\":\"False\",\"com.docker.compose.project\":\"p\",\"com.docker.compose."
    "service\":"
    "\"web\",\"com.docker.compose.version\":\"2.29.1\",\"execDuration\":\"4\",\"exitCode\":\"137\",\"image\":\"httpd\","
    "\"name\":\"p-web-1\"}},\"scope\":\"local\",\"time\":1795811240,\"timeNano\":1795811240000000001}";

static bool happened(const char *line, const char *service, const char *id, bool ended, int exit_code, int64_t at) {
    struct heap *heap = heap_new(0);
    struct ps_event event;
    struct value keeps;
    bool good = ps_read_event(heap, text_of(line), &event, &keeps);
    if (good) {
        cr_expect(text_is(event.service, service), "%.*s", TEXT_ARGS(event.service));
        cr_expect(text_is(event.id, id), "%.*s", TEXT_ARGS(event.id));
        cr_expect(event.ended == ended && event.exit_code == exit_code && event.at == at);
    }
    value_release(keeps);
    cr_expect_eq(heap_free(heap), 0);
    return good;
}

Test(service, what_the_engine_tells_of_a_project) {
    cr_expect(happened(die_of_v1, "worker", "5070c8ab", true, 3, INT64_C(1795811231084792555)));
    cr_expect(happened(start_of_v1, "worker", "5070c8ab", false, 0, INT64_C(1795811232917448607)));
    cr_expect(happened(die_of_v2, "web", "0c11", true, 137, INT64_C(1795811240000000001)));
    static const char *const none[] = {
        "",
        "Cannot connect to the Docker daemon at unix:///nowhere.",
        "{}",
        "[1]",
        "null",
        "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"3\"}},\"timeNano\":1}",
        "{\"Action\":\"die\",\"Actor\":7,\"timeNano\":\"x\"}"
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_not(happened(none[i], "", "", false, 0, 0), "%s", none[i]);
}

Test(service, compose_without_containers_or_sense) {
    bool good;
    cr_expect_not(compose("", "web", 0, &good).found);
    cr_expect(good);
    cr_expect_not(compose("[]\n", "web", 0, &good).found);
    cr_expect(good);
    compose("no such command\n", "web", 0, &good);
    cr_expect_not(good);
    compose("{\"Service\": \"web\"", "web", 0, &good);
    cr_expect_not(good);
    struct ps_state odd =
        compose("{\"Service\":\"web\",\"State\":7,\"Publishers\":\"none\",\"ExitCode\":\"x\"}", "web", 1, &good);
    cr_expect(good && odd.found && !odd.running && !odd.port);
    cr_expect(compose("{\"Service\":\"app\",\"State\":\"running\"}", "web", 0, &good).found, "the only one is meant");
}

Test(service, compose_v1_is_read_by_inspect) {
    bool good;
    struct ps_state web = inspect(inspect_form, "web", 8080, &good);
    cr_expect(good && web.found && web.running && web.has_health && !web.healthy);
    cr_expect_eq(web.port, 32769);
    cr_expect_eq(inspect(inspect_form, "web", 0, &good).port, 32769);
    cr_expect_eq(inspect(inspect_form, "web", 9090, &good).port, 0);
    cr_expect(inspect(inspect_form, "other", 0, &good).running);
}

/* ---- ports ---- */
Test(service, ports_are_free_and_claimed_once) {
    struct port ports[50];
    struct buffer problem = { 0 };
    for (int i = 0; i < 50; i++) cr_assert(port_take(&ports[i], &problem));
    for (int i = 0; i < 50; i++)
        for (int k = 0; k < i; k++) cr_assert_neq(ports[i].number, ports[k].number);
    for (int i = 0; i < 50; i++) {
        cr_expect(port_is_free(ports[i].number));
        port_release(&ports[i]);
    }
    buffer_done(&problem);
}

Test(service, a_port_that_somebody_listens_on_is_not_free) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    cr_expect_not(port_is_free(ntohs(address.sin_port)));
    close(listener);
}

Test(service, urls_have_a_port) {
    struct text host;
    cr_expect_eq(plan_url_port(TEXT("http://a.test:81/x?y=1:2"), &host), 81);
    cr_expect(text_is(host, "a.test"));
    cr_expect_eq(plan_url_port(TEXT("https://user:pass@a.test/"), &host), 443);
    cr_expect(text_is(host, "a.test"));
    cr_expect_eq(plan_url_port(TEXT("http://127.0.0.1"), &host), 80);
    cr_expect_eq(plan_url_port(TEXT("http://[::1]:8080"), &host), 8080);
    cr_expect_eq(plan_url_port(TEXT("nonsense"), &host), 0);
    cr_expect_eq(plan_url_port(TEXT("http://a:70000"), &host), 0);
}

/* ---- which way ---- */
static struct value fields_of(struct heap *heap, const char *json) {
    return value_from_json(heap, text_of(json));
}

static enum way way(const char *json, enum backend backend, const char *problem_says) {
    struct heap *heap = heap_new(0);
    struct plan plan;
    struct buffer problem = { 0 };
    enum way chosen = WAY_NONE;
    if (plan_read(&plan, fields_of(heap, json), backend, &problem)) {
        chosen = plan.way;
        plan_done(&plan);
    }
    if (problem_says)
        cr_expect(problem.length && strstr(problem.bytes, problem_says), "%s", problem.bytes);
    else
        cr_expect_eq(problem.length, 0, "%s", problem.bytes);
    buffer_done(&problem);
    cr_expect_eq(heap_free(heap), 0);
    return chosen;
}

Test(service, the_backend_chooses_among_what_is_given) {
    const char *both = "{\"command\": [\"true\"], \"image\": \"x:1\"}", *image = "{\"image\": \"x:1\"}";
    const char *absent = "{\"command\": [\"no-such-program\"], \"image\": \"x:1\"}",
               *program = "{\"command\": [\"true\"]}";
    cr_expect_eq(way(both, BACKEND_AUTO, NULL), WAY_PROCESS);
    cr_expect_eq(way(both, BACKEND_PROCESS, NULL), WAY_PROCESS);
    cr_expect_eq(way(both, BACKEND_DOCKER, NULL), WAY_IMAGE);
    cr_expect_eq(way(absent, BACKEND_AUTO, NULL), WAY_IMAGE);
    cr_expect_eq(way(absent, BACKEND_PROCESS, "program not found: no-such-program"), WAY_NONE);
    cr_expect_eq(way(program, BACKEND_DOCKER, NULL), WAY_PROCESS, "a balancer runs beside containers");
    cr_expect_eq(way(image, BACKEND_AUTO, NULL), WAY_IMAGE);
    cr_expect_eq(way(image, BACKEND_PROCESS, "it has no command"), WAY_NONE);
    cr_expect_eq(way("{\"compose\": \"c.yaml\"}", BACKEND_AUTO, NULL), WAY_COMPOSE);
    cr_expect_eq(way("{\"url\": \"http://a.test\"}", BACKEND_DOCKER, NULL), WAY_URL);
    cr_expect_eq(way("{\"env\": {}}", BACKEND_AUTO, "no image, compose or url"), WAY_NONE);
}

Test(service, numbers_are_looked_at) {
    cr_expect_eq(way("{\"command\": [\"true\"], \"replicas\": 0}", BACKEND_AUTO, "replicas: a whole number"), WAY_NONE);
    cr_expect_eq(way("{\"command\": [\"true\"], \"port\": 70000}", BACKEND_AUTO, "port: a whole number"), WAY_NONE);
}
