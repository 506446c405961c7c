/* `dns.a` and `dns.aaaa`: one question, one server, and its answer as a value. What the server says wrongly is the answer's `error`;
 * what the recipe asks wrongly ends the run. */
#include "stdlib/dns/message.h"
#include "stdlib/dns/resolver.h"
#include "stdlib/functions.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

enum { ARGUMENT_NAME, ARGUMENT_SERVER, ARGUMENT_PORT, ARGUMENT_TIMEOUT, ARGUMENT_TCP };

struct question {
    struct run *run;
    struct ticket ticket;
    struct resolver *resolver; /* NULL once it has answered */
    char *name;                /* owned */
    int type;
    struct resolver_server server;
    int64_t start;
};

static void question_free(struct question *question) {
    if (question->resolver) resolver_forget(question->resolver);
    memory_release(question->name);
    memory_release(question);
}

/* ---- the value ---- */

static void put(struct value *record, const char *name, struct value owned) {
    *record = value_record_with(*record, text_of(name), owned);
    value_release(owned);
}

static void add(struct value *list, struct value owned) {
    *list = value_list_append(*list, owned);
    value_release(owned);
}

static struct value record_value(struct heap *heap, const struct dns_record *record) {
    struct value value = value_record(heap);
    struct buffer type = { 0 };
    dns_type_print(record->type, &type);
    put(&value, "name", value_string(heap, record->name));
    put(&value, "type", value_text(heap, buffer_text(&type)));
    put(&value, "ttl", value_duration((int64_t)record->ttl * SECOND));
    put(&value, "data", value_string(heap, record->data));
    buffer_done(&type);
    return value;
}

/* How an answer is to be understood. */
struct reading {
    struct dns_message message;
    struct dns_path path;
    bool has_message;
    struct buffer code;  /* empty: no answer */
    struct buffer error; /* empty: none */
    bool ok, failed;
};

static void read_code(struct reading *reading) {
    const char *name = dns_code_name(reading->message.code);
    bool has_name = reading->message.code == DNS_NOERROR || reading->message.code == DNS_NXDOMAIN;
    if (reading->message.code == DNS_NOERROR && !reading->path.addresses.count) name = "NODATA";
    if (name)
        buffer_append_string(&reading->code, name);
    else
        buffer_printf(&reading->code, "RCODE%d", reading->message.code);
    reading->failed = !has_name;
    reading->ok = has_name && reading->path.addresses.count > 0;
    if (reading->message.code == DNS_REFUSED)
        buffer_append_string(&reading->error, "the server refused to answer (REFUSED)");
    else if (reading->message.code == DNS_SERVFAIL)
        buffer_append_string(&reading->error, "the server failed (SERVFAIL)");
    else if (!has_name)
        buffer_printf(&reading->error, "the server did not understand the question, or would not (%s)",
                      reading->code.bytes);
}

static void read_reply(const struct question *question, const struct resolver_reply *reply, struct reading *reading) {
    *reading = (struct reading){ 0 };
    if (reply->problem) {
        buffer_append_string(&reading->error, reply->problem);
    } else {
        reading->has_message = dns_message_read(reply->bytes, &reading->message, &reading->error);
        bool fits = reading->has_message &&
                    dns_path_read(&reading->message, question->name, question->type, &reading->path, &reading->error);
        if (fits) read_code(reading);
    }
    if (!reading->code.length) reading->failed = true;
    if (!reading->error.length) return;
    buffer_append_string(&reading->error, " (asked ");
    resolver_server_print(&question->server, &reading->error);
    buffer_append_byte(&reading->error, ')');
}

static void reading_done(struct reading *reading) {
    dns_message_done(&reading->message);
    dns_path_done(&reading->path);
    buffer_done(&reading->code);
    buffer_done(&reading->error);
}

static struct value text_or_none(struct heap *heap, const struct buffer *text) {
    return text->length ? value_text(heap, buffer_text(text)) : value_none();
}

static struct value no_answer(struct heap *heap, const struct reading *reading) {
    return value_no_data(heap, "no answer tells it: %s", reading->error.length ? reading->error.bytes : "none came");
}

static struct value answer_value(const struct question *question, const struct resolver_reply *reply,
                                 const struct reading *reading, int64_t end) {
    struct heap *heap = run_heap(question->run);
    struct value value = value_record(heap), addresses = value_list(heap, NULL, 0), chain = value_list(heap, NULL, 0),
                 records = value_list(heap, NULL, 0);
    bool has_record = reading->path.chain.count + reading->path.addresses.count > 0;
    struct buffer server = { 0 };
    resolver_server_print(&question->server, &server);
    for (size_t i = 0; i < reading->path.addresses.count; i++)
        add(&addresses, value_string(heap, reading->path.addresses.items[i]->data));
    for (size_t i = 0; i < reading->path.chain.count; i++)
        add(&chain, value_string(heap, reading->path.chain.items[i]->data));
    for (size_t i = 0; i < reading->message.records.count; i++)
        add(&records, record_value(heap, &reading->message.records.items[i]));
    if (reading->failed) { /* nobody said that there are none */
        value_release(addresses);
        value_release(chain);
        addresses = no_answer(heap, reading);
        chain = no_answer(heap, reading);
    }
    put(&value, "addresses", addresses);
    put(&value, "ttl", has_record ? value_duration((int64_t)reading->path.ttl * SECOND) : value_none());
    put(&value, "code", text_or_none(heap, &reading->code));
    put(&value, "chain", chain);
    put(&value, "records", records);
    put(&value, "latency", value_duration(end - question->start));
    put(&value, "error", text_or_none(heap, &reading->error));
    put(&value, "ok", value_boolean(reading->ok));
    put(&value, "failed", value_boolean(reading->failed));
    put(&value, "authoritative", value_boolean(reading->message.authoritative));
    put(&value, "tcp", value_boolean(reply->by_tcp));
    put(&value, "server", value_text(heap, buffer_text(&server)));
    put(&value, "at", value_instant(question->start));
    buffer_done(&server);
    return value;
}

/* "NOERROR 127.0.0.1, 127.0.0.2" */
static void note_effect(const struct question *question, const struct reading *reading, int64_t end) {
    struct buffer subject = { 0 }, outcome = { 0 };
    dns_type_print(question->type, &subject);
    buffer_printf(&subject, " %s @", question->name);
    resolver_server_print(&question->server, &subject);
    buffer_append(&outcome, buffer_text(reading->error.length ? &reading->error : &reading->code));
    for (size_t i = 0; i < reading->path.addresses.count; i++)
        buffer_printf(&outcome, i ? ", %s" : " %s", reading->path.addresses.items[i]->data);
    run_effect(question->run, "dns", buffer_text(&subject), question->start, end, buffer_text(&outcome));
    buffer_done(&subject);
    buffer_done(&outcome);
}

/* ---- asking ---- */

/* A load that gets out of hand must not fall upon somebody else's server. */
static void see_if_it_may(const struct native_call *call, const struct resolver_server *server,
                          struct buffer *problem) {
    struct buffer target = { 0 };
    resolver_server_print(server, &target);
    if (native_is_of_load(call)) native_may_reach(call, "a load", buffer_text(&target), problem);
    buffer_done(&target);
}

static void on_reply(void *data, const struct resolver_reply *reply) {
    struct question *question = data;
    struct reading reading;
    int64_t end = run_now(question->run);
    question->resolver = NULL;
    read_reply(question, reply, &reading);
    note_effect(question, &reading, end);
    struct value value = answer_value(question, reply, &reading, end);
    reading_done(&reading);
    native_wake(question->run, question->ticket, value);
    question_free(question);
}

static void cancel(void *state) {
    question_free(state);
}

static bool read_server(const struct native_call *call, struct resolver_server *server, struct buffer *problem) {
    struct text given = argument_text(call, ARGUMENT_SERVER);
    if (!resolver_server_read(given, server))
        buffer_printf(problem,
                      "\"%.*s\" is no address of a DNS server: write \"127.0.0.1\", \"127.0.0.1:5353\" or "
                      "\"[2001:db8::1]:53\"",
                      TEXT_ARGS(given));
    if (problem->length || argument_is_none(call, ARGUMENT_PORT)) return !problem->length;
    int64_t port = argument_integer(call, ARGUMENT_PORT);
    if (port < 1 || port > UINT16_MAX)
        buffer_printf(problem, "port: %lld is none: it is from 1 to 65535", (long long)port);
    server->port = (uint16_t)port;
    return !problem->length;
}

static enum native_outcome ask(struct native_call *call, int type) {
    struct resolver_server server;
    struct buffer problem = { 0 };
    struct text name = argument_text(call, ARGUMENT_NAME);
    int64_t timeout = argument_integer(call, ARGUMENT_TIMEOUT);
    if (!name.length || memchr(name.bytes, 0, name.length))
        buffer_append_string(&problem, "this is no name");
    else if (timeout <= 0)
        buffer_append_string(&problem, "the timeout must be above 0s");
    else if (read_server(call, &server, &problem))
        see_if_it_may(call, &server, &problem);
    if (problem.length) {
        native_fail(call, "%s: %s", call->row->name, problem.bytes);
        buffer_done(&problem);
        return NATIVE_FAIL;
    }
    struct question *question = memory_allocate(sizeof *question);
    int64_t now = run_now(call->run), from = native_begin(call, now);
    *question = (struct question){
        .run = call->run, .name = memory_copy(name.bytes, name.length), .type = type, .server = server, .start = now
    };
    /* In a load the time counts from when the pass was to begin. */
    struct resolver_question wanted = { .name = question->name,
                                        .type = type,
                                        .tcp = argument_boolean(call, ARGUMENT_TCP),
                                        .timeout = timeout > now - from ? timeout - (now - from) : 1 };
    question->resolver = resolver_query(run_loop(call->run), &server, &wanted, on_reply, question);
    struct buffer what = { 0 };
    buffer_append_string(&what, "DNS ");
    dns_type_print(type, &what);
    buffer_printf(&what, " %s", question->name);
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, question);
    question->ticket = native_ticket(call);
    buffer_done(&what);
    return outcome;
}

enum native_outcome dns_a(struct native_call *call) {
    return ask(call, DNS_A);
}

enum native_outcome dns_aaaa(struct native_call *call) {
    return ask(call, DNS_AAAA);
}
