/* Starting and stopping a server, step by step: version, template or initdb, configuration, a free port, ready; and
 * back.
 * It owns the folder and every child; each is registered with the guard before it exists. Files are touched on a work
 * thread. */
#include "stdlib/sql/cluster.h"
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/cluster_files.h"
#include "stdlib/sql/folder_tree.h"
#include "stdlib/sql/tool.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TRIES = 5, OLDEST_MAJOR = 15, WORD_LOOKS = 25 };
static const int64_t look_every = 4 * MILLISECOND;
static const int64_t patience = 2 * SECOND;
static const int64_t quit_patience = 6 * SECOND; /* after 5 the postmaster itself kills its children */

/* What the work thread does next; also tells what to do when it is done. */
enum file_job { JOB_NONE, JOB_COPY, JOB_KEEP, JOB_KEEP_RESTORED, JOB_FOLLOW, JOB_REMOVE };

struct cluster {
    struct run *run;                                /* whose */
    struct installation installation;               /* the programs */
    struct cluster_plan plan;                       /* the files */
    char version[32];                               /* of the server */
    int port;                                       /* chosen for this try */
    char origin[128];                               /* the socket's folder of what it is a copy of; empty: of nothing */
    int origin_port;                                /* of its socket */
    struct cluster_remains *remains;                /* of a crash, until nothing is left; NULL */
    bool crashed;                                   /* its end was meant */
    int tries;                                      /* how many ports were tried */
    int word_looks;                                 /* how often its log was read for why it did not start */
    uint32_t guarded;                               /* the folder, in the guard's list; 0 without one */
    struct tool *tool;                              /* postgres -V or initdb */
    struct tool *server;                            /* the postmaster */
    struct loop_timer *timer;                       /* the next look whether it is ready */
    enum file_job job;                              /* on the work thread now */
    bool template_found;                            /* the job's answer */
    struct buffer job_error;                        /* the job's reason */
    int64_t deadline;                               /* for the start */
    bool ready;                                     /* it accepted connections */
    bool stopping;                                  /* asked to end */
    bool keeping;                                   /* asked to end for a moment: what it holds is to be kept */
    bool left;                                      /* lives on after us */
    bool folder_made, folder_gone;                  /* what there is to remove */
    char *kept_log;                                 /* where the log goes then, or NULL */
    int64_t asked_at;                               /* when it was asked to end */
    int asked;                                      /* which signal it got last */
    void (*started)(void *data, const char *error); /* once */
    void (*died)(void *data, const char *last_words); /* once, or never */
    void *data;                                       /* theirs */
};

static void begin_job(struct cluster *cluster, enum file_job job);
static void launch(struct cluster *cluster);

static void start_failed(struct cluster *cluster, const char *format, const char *detail) {
    struct buffer message = { 0 };
    buffer_append_string(&message, format);
    buffer_append_string(&message, detail);
    void (*started)(void *, const char *) = cluster->started;
    cluster->started = NULL;
    if (started) started(cluster->data, message.bytes);
    buffer_done(&message);
}

/* ---- files, on a work thread ---- */
static void work(void *data) {
    struct cluster *cluster = data;
    struct cluster_plan *plan = &cluster->plan;
    switch (cluster->job) {
    case JOB_COPY:
        cluster_sweep_cache(plan);
        cluster_copy_restored(plan);
        cluster->template_found = plan->is_restored;
        if (plan->is_restored) {
            cluster_configure(plan, &cluster->job_error);
        } else if (cluster_copy_template(plan, &cluster->template_found, &cluster->job_error) &&
                   cluster->template_found) {
            cluster_configure(plan, &cluster->job_error);
        }
        break;
    case JOB_KEEP:
        cluster_keep_template(plan);
        cluster_configure(plan, &cluster->job_error);
        break;
    case JOB_KEEP_RESTORED: cluster_keep_restored(plan); break;
    case JOB_FOLLOW: cluster_follow(plan, &cluster->job_error); break;
    case JOB_REMOVE:
        cluster_copy_log(plan, cluster->kept_log);
        folder_tree_remove(plan->folder, &cluster->job_error);
        break;
    case JOB_NONE: break;
    }
}

/* It made the data folder, or the start has failed with its words. */
static void maker_ended(struct cluster *cluster, int status, enum file_job next, const char *failed) {
    if (cluster->stopping) return;
    if (status == 0) {
        begin_job(cluster, next);
    } else {
        struct text output = text_trim(tool_output(cluster->tool));
        struct buffer tail = { 0 };
        buffer_append(&tail, output);
        start_failed(cluster, failed, tail.length ? tail.bytes : "without a word");
        buffer_done(&tail);
    }
}

static void initdb_ended(void *data, int status) {
    maker_ended(data, status, JOB_KEEP, "initdb failed: ");
}

static void backup_ended(void *data, int status) {
    maker_ended(data, status, JOB_FOLLOW, "pg_basebackup failed: ");
}

static void run_initdb(struct cluster *cluster) {
    char program[600];
    installation_program(&cluster->installation, "initdb", program, sizeof program);
    const char *const arguments[] = { program,
                                      "-D",
                                      cluster->plan.data,
                                      "-U",
                                      "aot",
                                      "-A",
                                      "trust",
                                      "-E",
                                      "UTF8",
                                      "--locale=C.UTF-8",
                                      "--no-sync",
                                      "--no-instructions",
                                      NULL };
    struct tool_request request = { arguments, &cluster->plan.owner, cluster->plan.folder, NULL, false, SIGKILL, 0 };
    struct buffer error = { 0 };
    tool_free(cluster->tool);
    cluster->tool = tool_start(cluster->run, &request, initdb_ended, cluster, &error);
    if (!cluster->tool) start_failed(cluster, "initdb: ", error.bytes);
    buffer_done(&error);
}

/* A copy of a running server, which what is written meanwhile is part of. */
static void run_backup(struct cluster *cluster) {
    char program[600], port[16];
    installation_program(&cluster->installation, "pg_basebackup", program, sizeof program);
    snprintf(port, sizeof port, "%d", cluster->origin_port);
    const char *const arguments[] = {
        program, "-D",        cluster->plan.data, "-h", cluster->origin, "-p", port, "-U", "aot", "-X", "stream", "-c",
        "fast",  "--no-sync", "--no-manifest",    NULL
    };
    struct tool_request request = { arguments, &cluster->plan.owner, cluster->plan.folder, NULL, false, SIGKILL, 0 };
    struct buffer error = { 0 };
    tool_free(cluster->tool);
    cluster->tool = tool_start(cluster->run, &request, backup_ended, cluster, &error);
    if (!cluster->tool) start_failed(cluster, "pg_basebackup: ", error.bytes);
    buffer_done(&error);
}

static void work_done(void *data) {
    struct cluster *cluster = data;
    enum file_job job = cluster->job;
    cluster->job = JOB_NONE;
    if (job == JOB_REMOVE) {
        cluster->folder_gone = cluster->job_error.length == 0;
        if (cluster->guarded && cluster->folder_gone) {
            guard_release(run_guard(cluster->run), cluster->guarded);
            cluster->guarded = 0;
        }
    } else if (cluster->stopping) {
        return;
    } else if (cluster->job_error.length) {
        start_failed(cluster, "PostgreSQL's scratch cluster: ", cluster->job_error.bytes);
    } else if (job == JOB_COPY && !cluster->template_found) {
        run_initdb(cluster);
    } else {
        launch(cluster);
    }
}

static void begin_job(struct cluster *cluster, enum file_job job) {
    cluster->job = job;
    buffer_clear(&cluster->job_error);
    loop_work_start(run_loop(cluster->run), work, work_done, cluster);
}

/* ---- the server ---- */
static int free_port(void) {
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int port = 0;
    if (probe >= 0 && bind(probe, (struct sockaddr *)&address, length) == 0 &&
        getsockname(probe, (struct sockaddr *)&address, &length) == 0) {
        port = ntohs(address.sin_port);
    }
    if (probe >= 0) close(probe);
    return port;
}

/* The postmaster writes its state into the last line of postmaster.pid. */
static bool says_ready(const struct cluster *cluster) {
    char path[200], content[1024];
    snprintf(path, sizeof path, "%s/postmaster.pid", cluster->plan.data);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t got = read(file, content, sizeof content - 1);
    close(file);
    if (got <= 0) return false;
    content[got] = 0;
    return strstr(content, "\nready") != NULL; /* a standby is when it takes queries */
}

static void look(void *data) {
    struct cluster *cluster = data;
    int64_t now = loop_now(run_loop(cluster->run));
    cluster->timer = NULL;
    if (says_ready(cluster)) {
        cluster->ready = true;
        void (*started)(void *, const char *) = cluster->started;
        cluster->started = NULL;
        started(cluster->data, NULL);
    } else if (now > cluster->deadline) {
        struct buffer words = { 0 };
        cluster_last_words(&cluster->plan, &words);
        start_failed(cluster, "PostgreSQL did not become ready in time: ", words.bytes);
        buffer_done(&words);
    } else {
        cluster->timer = loop_timer_start(run_loop(cluster->run), now + look_every, look, cluster);
    }
}

/* It ended before it was ready. Its logger is a process of its own and may write the reason a moment later. */
static void ask_why(void *data) {
    struct cluster *cluster = data;
    struct buffer words = { 0 };
    cluster->timer = NULL;
    bool told = cluster_last_words(&cluster->plan, &words);
    if (!told && cluster->word_looks++ < WORD_LOOKS) {
        int64_t next = loop_now(run_loop(cluster->run)) + 5 * look_every;
        cluster->timer = loop_timer_start(run_loop(cluster->run), next, ask_why, cluster);
    } else if (strstr(words.bytes, "Address already in use") && cluster->tries < PORT_TRIES) {
        unlink(cluster->plan.log);
        launch(cluster); /* somebody took the port between our choice and the start */
    } else {
        start_failed(cluster, "PostgreSQL did not start: ", words.bytes);
    }
    buffer_done(&words);
}

static void server_ended(void *data, int status) {
    struct cluster *cluster = data;
    if (cluster->timer) loop_timer_stop(cluster->timer);
    cluster->timer = NULL;
    if (cluster->stopping || cluster->crashed) return;
    if (cluster->keeping) {
        cluster->keeping = cluster->ready = false;
        if (status == 0)
            begin_job(cluster, JOB_KEEP_RESTORED);
        else
            launch(cluster); /* its files are not at rest */
        return;
    }
    if (!cluster->ready) {
        cluster->word_looks = 0;
        ask_why(cluster);
        return;
    }
    struct buffer words = { 0 };
    tool_status_print(status, &words);
    buffer_append_string(&words, ": ");
    cluster_last_words(&cluster->plan, &words);
    cluster->died(cluster->data, words.bytes);
    buffer_done(&words);
}

static void launch(struct cluster *cluster) {
    char program[600], port[16];
    installation_program(&cluster->installation, "postgres", program, sizeof program);
    cluster->port = free_port();
    cluster->tries++;
    snprintf(port, sizeof port, "%d", cluster->port);
    const char *const arguments[] = { program, "-D", cluster->plan.data, "-p", port, NULL };
    /* SIGQUIT: the postmaster ends all its children, whatever they do, and takes its shared memory with it. */
    struct tool_request request = {
        arguments, &cluster->plan.owner, cluster->plan.folder, cluster->plan.output, run_keeps_scratch(cluster->run),
        SIGQUIT,   quit_patience
    };
    struct buffer error = { 0 };
    tool_free(cluster->server);
    cluster->server = tool_start(cluster->run, &request, server_ended, cluster, &error);
    if (cluster->server) {
        cluster->timer =
            loop_timer_start(run_loop(cluster->run), loop_now(run_loop(cluster->run)) + look_every, look, cluster);
    } else {
        start_failed(cluster, "PostgreSQL: ", error.bytes);
    }
    buffer_done(&error);
}

/* ---- the beginning ---- */
static void version_known(void *data, int status) {
    struct cluster *cluster = data;
    if (cluster->stopping) return;
    int major = installation_version(tool_output(cluster->tool), cluster->version, sizeof cluster->version);
    if (status != 0 || major == 0) {
        start_failed(cluster, "this is no PostgreSQL that runs here: ", cluster->installation.folder);
        return;
    }
    if (major < OLDEST_MAJOR) {
        start_failed(cluster, "PostgreSQL 15 or later is needed; found only ", cluster->version);
        return;
    }
    if (cluster->origin[0]) {
        run_backup(cluster);
        return;
    }
    cluster_plan_template(&cluster->plan, cluster->version);
    begin_job(cluster, JOB_COPY);
}

static bool make_folder(struct cluster *cluster, struct buffer *error) {
    struct guard *guard = run_guard(cluster->run);
    if (guard) cluster->guarded = guard_folder(guard, cluster->plan.folder);
    cluster->folder_made = cluster_make_folder(&cluster->plan, error);
    if (!cluster->folder_made && guard) {
        guard_release(guard, cluster->guarded);
        cluster->guarded = 0;
    }
    return cluster->folder_made;
}

static bool ask_version(struct cluster *cluster, struct buffer *error) {
    char program[600];
    installation_program(&cluster->installation, "postgres", program, sizeof program);
    const char *const arguments[] = { program, "-V", NULL };
    struct tool_request request = { arguments, &cluster->plan.owner, "/", NULL, false, SIGKILL, 0 };
    cluster->tool = tool_start(cluster->run, &request, version_known, cluster, error);
    return cluster->tool != NULL;
}

struct cluster *cluster_start(struct run *run, const struct cluster_request *request,
                              void (*started)(void *data, const char *error),
                              void (*died)(void *data, const char *last_words), void *data, struct buffer *error) {
    struct cluster *cluster = memory_allocate(sizeof *cluster);
    *cluster =
        (struct cluster){ .run = run, .started = started, .died = died, .data = data, .deadline = request->deadline };
    if (request->dump && request->setting_count == 0)
        cluster->plan.dump = memory_copy(request->dump, strlen(request->dump));
    if (request->origin) {
        memcpy(cluster->origin, request->origin->plan.folder, sizeof cluster->origin);
        cluster->origin_port = request->origin->port;
    }
    cluster_plan_folder(&cluster->plan);
    bool ok =
        installation_find(&cluster->installation, error) && owner_find(&cluster->plan.owner, error) &&
        cluster_plan_settings(&cluster->plan, request->waits_over, request->settings, request->setting_count, error) &&
        make_folder(cluster, error) && ask_version(cluster, error);
    if (ok) return cluster;
    if (cluster->folder_made) rmdir(cluster->plan.folder);
    if (cluster->guarded) guard_release(run_guard(run), cluster->guarded);
    cluster->guarded = 0;
    cluster_free(cluster);
    return NULL;
}

/* ---- keeping what was restored ---- */
bool cluster_is_restored(const struct cluster *cluster) {
    return cluster->plan.is_restored;
}

bool cluster_may_keep(const struct cluster *cluster) {
    return cluster->plan.restored[0] && !cluster->plan.is_restored && !run_keeps_scratch(cluster->run);
}

static void wait_for_end(struct cluster *cluster, int signal, int64_t span, void (*late)(void *data)) {
    tool_signal(cluster->server, signal);
    cluster->timer = loop_timer_start(run_loop(cluster->run), loop_now(run_loop(cluster->run)) + span, late, cluster);
}

static void never_ended(void *data) {
    struct cluster *cluster = data;
    cluster->timer = NULL;
    cluster->keeping = cluster->ready = false; /* it is not started again; cluster_stop ends it */
    start_failed(cluster, "PostgreSQL did not stop, so that what was restored could be kept", "");
}

/* It is started again with what it has, and not kept. */
static void ended_late(void *data) {
    struct cluster *cluster = data;
    cluster->timer = NULL;
    wait_for_end(cluster, SIGQUIT, quit_patience, never_ended);
}

void cluster_keep(struct cluster *cluster, void (*kept)(void *data, const char *error)) {
    cluster->started = kept;
    cluster->keeping = true;
    cluster->tries = 0;
    wait_for_end(cluster, SIGINT, patience, ended_late);
}

/* ---- the end ---- */
/* Fast shutdown first; if it takes long, at once. */
static void urge(struct cluster *cluster, int64_t deadline) {
    int64_t now = loop_now(run_loop(cluster->run));
    if (cluster->asked == 0) {
        cluster->asked_at = now;
        cluster->asked = SIGINT;
        tool_signal(cluster->server, SIGINT);
    } else if (cluster->asked == SIGINT && (now - cluster->asked_at > patience || now > deadline - patience)) {
        cluster->asked = SIGQUIT;
        tool_signal(cluster->server, SIGQUIT);
    } else if (cluster->asked == SIGQUIT && now > deadline) {
        cluster->asked = SIGKILL;
        tool_free(cluster->server);
        cluster->server = NULL;
    }
}

bool cluster_stop(struct cluster *cluster, int64_t deadline) {
    if (cluster->left) return true;
    if (!cluster->stopping) {
        cluster->stopping = true;
        if (cluster->timer) loop_timer_stop(cluster->timer);
        cluster->timer = NULL;
        tool_free(cluster->tool);
        cluster->tool = NULL;
    }
    if (cluster->server && tool_process(cluster->server) > 0) {
        urge(cluster, deadline);
        return false;
    }
    if (cluster->job != JOB_NONE || tool_living(cluster->run) > 0) return false;
    if (!cluster->folder_made || cluster->folder_gone) return true;
    /* A process that is just ending may write once more, so it is tried again; in the end the guard does it. */
    if (loop_now(run_loop(cluster->run)) > deadline) return true;
    begin_job(cluster, JOB_REMOVE);
    return false;
}

bool cluster_crash(struct cluster *cluster) {
    pid_t process = cluster_process(cluster);
    if (!cluster->crashed && process > 0) {
        cluster->crashed = true;
        cluster->remains = cluster_kill(cluster->plan.data, process);
    }
    if (!cluster->remains) return true;
    if (cluster_process(cluster) > 0 || !cluster_remains_gone(cluster->remains)) return false;
    cluster_remains_free(cluster->remains);
    cluster->remains = NULL;
    return true;
}

void cluster_keep_log(struct cluster *cluster, const char *path) {
    memory_release(cluster->kept_log);
    cluster->kept_log = memory_copy(path, strlen(path));
}

void cluster_leave(struct cluster *cluster) {
    cluster->left = true;
}

void cluster_free(struct cluster *cluster) {
    if (!cluster) return;
    if (cluster->timer) loop_timer_stop(cluster->timer);
    tool_free(cluster->tool);
    if (cluster->left) {
        tool_leave(cluster->server);
        if (cluster->guarded) guard_release(run_guard(cluster->run), cluster->guarded);
    } else {
        tool_free(cluster->server);
    }
    cluster_remains_free(cluster->remains);
    buffer_done(&cluster->plan.settings);
    buffer_done(&cluster->job_error);
    memory_release(cluster->kept_log);
    memory_release(cluster->plan.dump);
    memory_release(cluster);
}

/* ---- looking ---- */
const struct installation *cluster_installation(const struct cluster *cluster) {
    return &cluster->installation;
}

const char *cluster_version(const struct cluster *cluster) {
    return cluster->version;
}

const char *cluster_folder(const struct cluster *cluster) {
    return cluster->plan.folder;
}

const char *cluster_log(const struct cluster *cluster) {
    return cluster->plan.log;
}

int cluster_port(const struct cluster *cluster) {
    return cluster->port;
}

pid_t cluster_process(const struct cluster *cluster) {
    return cluster->server ? tool_process(cluster->server) : 0;
}

struct db_address cluster_address(const struct cluster *cluster, const char *database, const char *application) {
    return (struct db_address){ .host = cluster->plan.folder,
                                .port = cluster->port,
                                .database = database,
                                .user = "aot",
                                .application = application };
}
