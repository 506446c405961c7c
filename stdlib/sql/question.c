/* Take a session, ask, answer, give it back. A question owns its text until it is answered. */
#include "stdlib/sql/question.h"
#include "base/memory.h"
#include <string.h>

struct question {
    struct pool *pool;            /* whose sessions */
    struct pool_wish *wish;       /* for a session; NULL once there is one */
    struct db_session *session;   /* taken; NULL before */
    char *text;                   /* of a simple question; else NULL */
    struct statement *statements; /* of the other kind */
    size_t count;                 /* how many */
    bool again;                   /* it was asked once before, by plans that did not fit any more */
    bool apart;                   /* each its own transaction */
    int64_t deadline;             /* for the session and the answer together */
    db_session_done *answered;    /* whom to tell */
    void *data;                   /* his */
};

void statements_free(struct statement *statements, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int p = 0; p < statements[i].parameter_count; p++) memory_release(statements[i].parameters[p]);
        memory_release(statements[i].parameters);
        memory_release(statements[i].text);
    }
    memory_release(statements);
}

static void dispose(struct question *question) {
    memory_release(question->text);
    statements_free(question->statements, question->count);
    memory_release(question);
}

static void answered(void *data, const struct reply *reply) {
    struct question *question = data;
    /* All was one transaction, which is undone: asked again it is done once. */
    if (!question->again && !question->apart && db_session_forgets(question->session, reply)) {
        question->again = true;
        db_session_statements(question->session, question->statements, question->count, false, question->deadline,
                              answered, question);
        return;
    }
    pool_give(question->pool, question->session); /* first, so that the next question finds it free */
    question->answered(question->data, reply);
    dispose(question);
}

static void taken(void *data, struct db_session *session, const char *error) {
    struct question *question = data;
    question->wish = NULL;
    question->session = session;
    if (!session) {
        question->answered(question->data, &(struct reply){ .lost = error });
        dispose(question);
    } else if (question->text) {
        db_session_query(session, question->text, question->deadline, answered, question);
    } else {
        db_session_statements(session, question->statements, question->count, question->apart, question->deadline,
                              answered, question);
    }
}

static struct question *begin(const struct question *model) {
    struct question *question = memory_allocate(sizeof *question);
    *question = *model;
    struct pool_wish *wish = pool_take(question->pool, question->deadline, taken, question);
    if (wish) question->wish = wish;
    return question;
}

struct question *question_ask(struct pool *pool, const char *text, int64_t deadline, db_session_done *told,
                              void *data) {
    return begin(&(struct question){
        .pool = pool, .text = memory_copy(text, strlen(text)), .deadline = deadline, .answered = told, .data = data });
}

struct question *question_state(struct pool *pool, struct statement *statements, size_t count, bool apart,
                                int64_t deadline, db_session_done *told, void *data) {
    return begin(&(struct question){ .pool = pool,
                                     .statements = statements,
                                     .count = count,
                                     .apart = apart,
                                     .deadline = deadline,
                                     .answered = told,
                                     .data = data });
}

void question_drop(struct question *question) {
    if (!question) return;
    if (question->wish) pool_withdraw(question->wish);
    if (question->session) pool_discard(question->pool, question->session);
    dispose(question);
}
