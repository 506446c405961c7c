/* Chooses the few things that a reader would look for around a violation: the last phase boundary before it, and effects that
 * touch its time. Kinds that occur all the time (a load's requests) are left out. */
#include "judge/nearby.h"

#include "base/clock.h"
#include "base/vector.h"
#include "judge/trace.h"

enum { SHOWN = 4, TOO_COMMON = 5 };
static const int64_t look_back = 10 * SECOND, look_on = SECOND;

struct happening {
    int64_t from, to;
    struct buffer text; /* "db.run 0042.sql" */
    size_t kind;        /* of an effect, in `kinds`; SIZE_MAX: a phase or a mark */
};
struct kind {
    struct buffer name; /* "http.get" */
    size_t count;       /* effects of it in the time looked at */
};
struct happenings {
    struct VECTOR(struct happening) found;
    struct VECTOR(struct kind) kinds;
};

static void add(struct happenings *all, struct happening happening, struct text subject, const char *ending) {
    for (size_t i = 0; i < subject.length; i++)
        buffer_append_byte(&happening.text, subject.bytes[i] == '\n' ? ' ' : subject.bytes[i]);
    buffer_append_string(&happening.text, ending);
    VECTOR_PUSH(&all->found, happening);
}

static void remove_at(struct happenings *all, size_t index) {
    buffer_done(&all->found.items[index].text);
    all->found.count--;
    for (size_t i = index; i < all->found.count; i++) all->found.items[i] = all->found.items[i + 1];
}

static size_t kind_index(struct happenings *all, struct text name) {
    for (size_t i = 0; i < all->kinds.count; i++)
        if (text_equal(buffer_text(&all->kinds.items[i].name), name)) return i;
    VECTOR_PUSH(&all->kinds, (struct kind){ .count = 0 });
    buffer_append(&all->kinds.items[all->kinds.count - 1].name, name);
    return all->kinds.count - 1;
}

/* ---- collecting ---- */

static struct happening moment(int64_t at) {
    return (struct happening){ .from = at, .to = at, .kind = SIZE_MAX };
}

static void add_global(struct happenings *all, const struct world *world, uint32_t index, struct stretch around) {
    const struct global *global = &world->program->globals[index];
    if (global->kind != GLOBAL_PHASE && global->kind != GLOBAL_MARK) return;
    struct value value = world->global(world->data, index);
    if (value.kind == VALUE_INSTANT && value.integer >= around.from && value.integer <= around.to)
        add(all, moment(value.integer), global->name, "");
    if (value.kind != VALUE_INTERVAL) return;
    struct interval interval = value_interval_of(value);
    if (!interval.reached) return;
    if (interval.start >= around.from && interval.start <= around.to)
        add(all, moment(interval.start), global->name, ".start");
    if (interval.end >= around.from && interval.end <= around.to) add(all, moment(interval.end), global->name, ".end");
}

static bool add_effect(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                       struct text outcome) {
    struct happenings *all = data;
    struct happening happening = { .from = start, .to = end, .kind = kind_index(all, kind) };
    (void)outcome;
    if (all->kinds.items[happening.kind].count++ >= TOO_COMMON) return true;
    buffer_append(&happening.text, kind);
    if (subject.length) buffer_append_byte(&happening.text, ' ');
    add(all, happening, subject, "");
    return true;
}

static void drop_common(struct happenings *all) {
    for (size_t i = all->found.count; i-- > 0;) {
        size_t kind = all->found.items[i].kind;
        if (kind < all->kinds.count && all->kinds.items[kind].count > TOO_COMMON) remove_at(all, i);
    }
}

/* ---- choosing ---- */

static int64_t distance(const struct happening *happening, int64_t from, int64_t to) {
    if (happening->from > to) return happening->from - to;
    return happening->to < from ? from - happening->to : 0;
}

/* Keeps the nearest; what touches the violation's time goes before everything else. */
static void keep_nearest(struct happenings *all, int64_t from, int64_t to) {
    while (all->found.count > SHOWN) {
        size_t farthest = 0;
        for (size_t i = 1; i < all->found.count; i++)
            if (distance(&all->found.items[i], from, to) >= distance(&all->found.items[farthest], from, to))
                farthest = i;
        remove_at(all, farthest);
    }
}

static void sort(struct happenings *all) {
    struct happening *found = all->found.items;
    for (size_t i = 1; i < all->found.count; i++)
        for (size_t k = i; k > 0 && found[k].from < found[k - 1].from; k--) {
            struct happening later = found[k - 1];
            found[k - 1] = found[k];
            found[k] = later;
        }
}

void nearby_print(const struct world *world, int64_t from, int64_t to, struct buffer *out) {
    struct happenings all = { 0 };
    struct stretch around = { time_add(from, -look_back), time_add(to, look_on) };
    for (uint32_t i = 0; world->global && i < world->program->global_count; i++) add_global(&all, world, i, around);
    if (world->history) record_each_effect_between(world->history, around.from, around.to, add_effect, &all);
    drop_common(&all);
    keep_nearest(&all, from, to);
    sort(&all);
    for (size_t i = 0; i < all.found.count; i++) {
        const struct happening *happening = &all.found.items[i];
        buffer_append_string(out, i ? " · " : "\nnearby  ");
        buffer_append(out, buffer_text(&happening->text));
        buffer_append_byte(out, ' ');
        offset_print(out, happening->from - world->started);
        if (happening->to <= happening->from) continue;
        buffer_append_string(out, " … ");
        offset_print(out, happening->to - world->started);
    }
    while (all.found.count) remove_at(&all, all.found.count - 1);
    for (size_t i = 0; i < all.kinds.count; i++) buffer_done(&all.kinds.items[i].name);
    VECTOR_DONE(&all.found);
    VECTOR_DONE(&all.kinds);
}

/* ---- what went wrong in the run ---- */

enum { TROUBLES = 2, LONGEST_SUBJECT = 100, LONGEST_OUTCOME = 160 };
struct troubles {
    const struct world *world;
    struct buffer last[TROUBLES]; /* the latest of them, in a ring */
    size_t count;
    int64_t zero;
};

/* "404", "500": an answer, but no good one. */
static bool is_trouble(struct text outcome) {
    if (!outcome.length || text_is(outcome, "ok") || text_is(outcome, "exit 0")) return false;
    bool is_status = outcome.length == 3 && outcome.bytes[0] >= '1' && outcome.bytes[0] <= '5';
    return !is_status || outcome.bytes[0] >= '4';
}

/* "204, 10 acknowledged", a cut that was asked for, a cursor: as the uploader tells them. */
static bool is_good_upload(struct text outcome) {
    return !outcome.length || (outcome.bytes[0] >= '0' && outcome.bytes[0] <= '9') ||
           text_starts(outcome, TEXT("SIGKILL at ")) || text_starts(outcome, TEXT("at "));
}

/* Whether a replica was on its way up just then at the address that was asked. */
struct asking {
    struct text subject;
    int64_t start, end;
    bool is_ready_probe;
};

static bool note_start_up(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                          struct text outcome) {
    struct asking *asking = data;
    (void)subject;
    if (!text_is(kind, "service.up") || start > asking->start || end < asking->end) return true;
    struct text ready = TEXT("ready on ");
    if (!text_starts(outcome, ready)) return true;
    struct text address = text_slice(outcome, ready.length, SIZE_MAX);
    address = text_slice(address, 0, text_find(address, TEXT(": ")));
    asking->is_ready_probe |= text_find(asking->subject, address) != SIZE_MAX;
    return !asking->is_ready_probe;
}

/* The questions of `ready` fail until it holds: that is how a start goes. */
static bool is_ready_probe(const struct world *world, struct text subject, int64_t start, int64_t end) {
    struct asking asking = { .subject = subject, .start = start, .end = end };
    record_each_effect_between(world->history, start, end, note_start_up, &asking);
    return asking.is_ready_probe;
}

static bool note_trouble(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                         struct text outcome) {
    struct troubles *troubles = data;
    bool is_act = text_is(kind, "http") || text_is(kind, "process") || text_is(kind, "db.apply") ||
                  text_is(kind, "db.execute") || text_is(kind, "service.died");
    if (text_is(kind, "upload") || text_is(kind, "upload.cursor")) is_act = !is_good_upload(outcome);
    if (!is_act || !is_trouble(outcome)) return true;
    if (text_is(kind, "http") && is_ready_probe(troubles->world, subject, start, end)) return true;
    struct buffer *line = &troubles->last[troubles->count++ % TROUBLES];
    buffer_clear(line);
    buffer_printf(line, "\ntrouble %.*s %.*s ", TEXT_ARGS(kind), TEXT_ARGS(text_slice(subject, 0, LONGEST_SUBJECT)));
    offset_print(line, start - troubles->zero);
    buffer_printf(line, ": %.*s", TEXT_ARGS(text_slice(outcome, 0, LONGEST_OUTCOME)));
    return true;
}

void nearby_troubles(const struct world *world, struct buffer *out) {
    struct troubles troubles = { .world = world, .zero = world->started };
    if (!world->history) return;
    record_each_effect_between(world->history, world->started, world->ended, note_trouble, &troubles);
    size_t first = troubles.count > TROUBLES ? troubles.count - TROUBLES : 0;
    for (size_t i = first; i < troubles.count; i++) buffer_append(out, buffer_text(&troubles.last[i % TROUBLES]));
    for (size_t i = 0; i < TROUBLES; i++) buffer_done(&troubles.last[i]);
}
