/* The definitions, literally. What has no data is replaced by true and by false in all combinations: if all of them come to
 * the same verdict that is it, else nothing can be said. */
#include "reference.h"

#include <stddef.h>

static bool member(const struct story *story, int index, int from, int to, char events) {
    const struct item *item = &story->items[index];
    if (!story->events || events == 'I') return from <= item->start && item->end <= to;
    if (events == 'T') return item->start <= to && from <= item->end;
    if (events == 'E') return from <= item->end && item->end <= to;
    return from <= item->start && item->start <= to;
}

static bool any_member(const struct story *story, int from, int to, char events) {
    for (int i = 0; i < story->count; i++)
        if (member(story, i, from, to, events)) return true;
    return false;
}

/* Somewhere in it a stretch longer than the gap that no item's life meets. */
static bool has_gap(const struct story *story, int from, int to) {
    if (story->events || story->gap == 0) return false;
    for (int x = from; x + story->gap + 1 <= to; x++) {
        bool met = false;
        for (int i = 0; i < story->count; i++)
            if (story->items[i].start < x + story->gap + 1 && story->items[i].end > x) met = true;
        if (!met) return true;
    }
    return false;
}

/* Something begun in [from, to] was not answered in it, and there was no answer for longer than the gap before its end. */
static bool hangs_at_end(const struct story *story, int from, int to) {
    if (story->events || story->gap == 0) return false;
    int answered = from;
    for (int i = 0; i < story->count; i++)
        if (story->items[i].end <= to && story->items[i].end > answered) answered = story->items[i].end;
    for (int i = 0; i < story->count; i++) {
        int start = story->items[i].start, since = start > answered ? start : answered;
        if (start < to && story->items[i].end > to && to - since > story->gap) return true;
    }
    return false;
}

/* Something begun before `from` went on for longer than the gap, and nothing else was begun in that time. */
static bool hangs_at_start(const struct story *story, int from, int to) {
    if (story->events || story->gap == 0) return false;
    int begun = to;
    for (int i = 0; i < story->count; i++)
        if (story->items[i].start >= from && story->items[i].start < begun) begun = story->items[i].start;
    for (int i = 0; i < story->count; i++) {
        int end = story->items[i].end, until = end < begun ? end : begun;
        if (story->items[i].start < from && end > from && until - from > story->gap) return true;
    }
    return false;
}

/* Enough was looked at in [from, to] to say that nothing else was there. */
static bool evidence(const struct story *story, int from, int to, char events) {
    if (story->observer && (story->alive_from > to || story->alive_to < from)) return false;
    if (!story->observer && !any_member(story, from, to, events)) return false;
    return !has_gap(story, from, to);
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* ---- on stories without missing data ---- */

static char always(const struct story *story, struct stage stage, int hold, char wanted) {
    int to = least(stage.to, stage.from + hold);
    for (int i = 0; i < story->count; i++)
        if (member(story, i, stage.from, to, stage.members) && story->items[i].is != wanted) return 'F';
    bool reached = hold < FOREVER && stage.to >= stage.from + hold;
    if (!stage.closed && (!reached || story->events)) return 'O'; /* an event in flight may still break it */
    if (hold < FOREVER && !reached) return 'I';
    if (hangs_at_end(story, stage.from, to) || hangs_at_start(story, stage.from, to)) return 'I';
    return evidence(story, stage.from, to, stage.members) ? 'P' : 'I';
}

static bool was_true_already(const struct story *story, int from, int to) {
    int before = -1, first = -1;
    for (int i = 0; i < story->count; i++) {
        if (story->items[i].end <= from) before = i;
        if (first < 0 && member(story, i, from, to, 'I')) first = i;
    }
    return before >= 0 && first >= 0 && story->items[before].is == 'T' && story->items[first].is == 'T';
}

static char nothing_came(const struct story *story, struct stage stage, int within) {
    bool dead = within < FOREVER ? stage.to >= stage.from + within : stage.closed;
    if (!dead) return stage.closed ? 'I' : 'O';
    return evidence(story, stage.from, least(stage.to, stage.from + within), 'I') ? 'F' : 'I';
}

static char eventually(const struct story *story, struct stage stage, int within, bool already) {
    int to = least(stage.to, stage.from + within);
    for (int i = 0; i < story->count; i++)
        if (member(story, i, stage.from, to, 'I') && story->items[i].is == 'T')
            return already && !story->observer && was_true_already(story, stage.from, to) ? 'I' : 'P';
    return nothing_came(story, stage, within);
}

/* All members from i to j are true. */
static bool true_between(const struct story *story, struct stage stage, int i, int j) {
    for (int k = i; k <= j; k++)
        if (member(story, k, stage.from, stage.to, 'I') && story->items[k].is != 'T') return false;
    return true;
}

static int members_between(const struct story *story, struct stage stage, int i, int j) {
    int count = 0;
    for (int k = i; k <= j; k++) count += member(story, k, stage.from, stage.to, 'I');
    return count;
}

/* The first member behind i that is not true, or -1. */
static int breaker(const struct story *story, struct stage stage, int i) {
    for (int k = i + 1; k < story->count; k++)
        if (member(story, k, stage.from, stage.to, 'I') && story->items[k].is != 'T') return k;
    return -1;
}

static char settles(const struct story *story, struct stage stage, int within, int hold) {
    bool open_end = within >= FOREVER && !stage.closed;
    int deadline = within < FOREVER ? stage.from + within : open_end ? FOREVER : stage.to;
    bool lives = false, unclear = false;
    for (int i = 0; i < story->count; i++) {
        if (!member(story, i, stage.from, stage.to, 'I') || story->items[i].is != 'T' || story->items[i].end > deadline)
            continue;
        for (int j = i; j < story->count; j++) {
            if (!member(story, j, stage.from, stage.to, 'I') || !true_between(story, stage, i, j)) continue;
            int begun = story->items[i].end, done = story->items[j].end;
            if (hold < FOREVER && done - begun >= hold && !has_gap(story, begun, done)) return 'P';
            bool is_last = members_between(story, stage, j + 1, story->count - 1) == 0;
            if (hold >= FOREVER && stage.closed && is_last && members_between(story, stage, i, j) >= 3 &&
                !has_gap(story, begun, stage.to) && !hangs_at_end(story, done, stage.to))
                return 'P';
        }
        int broken = breaker(story, stage, i);
        if (broken < 0)
            lives = true;
        else if (hold < FOREVER && has_gap(story, story->items[i].end, story->items[broken].end))
            unclear = true;
    }
    if (lives) return stage.closed ? 'I' : 'O';
    if (unclear) return stage.closed ? 'I' : 'O';
    if (stage.to < deadline) return stage.closed ? 'I' : 'O';
    bool seen = any_member(story, stage.from, deadline, 'I') || story->observer;
    if (story->observer && (story->alive_from > deadline || story->alive_to < stage.from)) seen = false;
    return seen && !has_gap(story, stage.from, deadline) ? 'F' : 'I';
}

static char until(const struct story *holds, const struct story *comes, struct stage stage, int within) {
    int to = least(stage.to, stage.from + within);
    for (int j = 0; j < comes->count; j++) {
        if (!member(comes, j, stage.from, to, 'I') || comes->items[j].is != 'T') continue;
        bool held = true;
        for (int i = 0; i < holds->count; i++)
            if (member(holds, i, stage.from, to, stage.members) && holds->items[i].end < comes->items[j].end &&
                holds->items[i].is != 'T')
                held = false;
        if (!held) return 'F'; /* the earliest in which it comes asks for the least */
        if (holds->events && !evidence(holds, stage.from, to, stage.members)) return 'I';
        return has_gap(holds, stage.from, comes->items[j].end) ? 'I' : 'P';
    }
    for (int i = 0; i < holds->count; i++)
        if (member(holds, i, stage.from, to, stage.members) && holds->items[i].end <= to && holds->items[i].is != 'T')
            return 'F';
    return nothing_came(comes, stage, within);
}

static char at(const struct story *story, int moment) {
    int latest = -1;
    for (int i = 0; i < story->count; i++)
        if (story->items[i].end <= moment) latest = i;
    if (latest < 0 || has_gap(story, story->items[latest].end, moment)) return 'I';
    return story->items[latest].is == 'T' ? 'P' : 'F';
}

/* ---- missing data ---- */

/* Samples before the first that has data are none, and so are those long after one of the signals ended. */
static struct story without_head(const struct story *story) {
    struct story rest = *story;
    if (story->events) return rest;
    rest.count = 0;
    for (int i = 0; i < story->count; i++)
        if ((rest.count > 0 || story->items[i].is != 'N') &&
            (!story->gap || story->items[i].end <= story->alive_to + story->gap))
            rest.items[rest.count++] = story->items[i];
    return rest;
}

static int missing_in(const struct story *story) {
    int missing = 0;
    for (int i = 0; story && i < story->count; i++) missing += story->items[i].is == 'N';
    return missing;
}

static int fill_in(struct story *story, int choice) {
    for (int i = 0; i < story->count; i++)
        if (story->items[i].is == 'N') {
            story->items[i].is = choice & 1 ? 'T' : 'F';
            choice >>= 1;
        }
    return choice;
}

static char simple(const struct phrase *phrase, const struct story *first, const struct story *second,
                   struct stage stage, bool already) {
    switch (phrase->word) {
    case 'p': return at(first, stage.from);
    case 'a': return always(first, stage, phrase->hold, 'T');
    case 'n': return always(first, stage, phrase->hold, 'F');
    case 'e': return eventually(first, stage, phrase->within, already);
    case 's': return settles(first, stage, phrase->within, phrase->hold);
    default: return until(first, second, stage, phrase->within);
    }
}

static char in_all_cases(const struct phrase *phrase, struct stage stage, bool already) {
    struct story first = without_head(phrase->story), second = { .count = 0 };
    if (phrase->second) second = without_head(phrase->second);
    int cases = 1 << (missing_in(&first) + missing_in(&second));
    char verdict = 0;
    for (int choice = 0; choice < cases; choice++) {
        struct story one = first, other = second;
        fill_in(&other, fill_in(&one, choice));
        char found = simple(phrase, &one, &other, stage, already);
        if (verdict == 0)
            verdict = found;
        else if (verdict != found)
            verdict = verdict == 'O' || found == 'O' ? 'O' : 'I';
    }
    return verdict;
}

/* ---- formulas in formulas ---- */

static int horizon(const struct phrase *phrase) {
    int own = 0;
    if (phrase->word == 'e' || phrase->word == 'u' || phrase->word == 's')
        own += phrase->within < FOREVER ? phrase->within : 0;
    if (phrase->word == 'a' || phrase->word == 'n' || phrase->word == 's')
        own += phrase->hold < FOREVER ? phrase->hold : 0;
    if (phrase->body && phrase->word != 'w') own += horizon(phrase->body);
    return own;
}

static char worse(char a, char b) {
    const char *order = "FIOP";
    for (; *order; order++)
        if (*order == a || *order == b) return *order;
    return 'P';
}

static char better(char a, char b) {
    const char *order = "POIF";
    for (; *order; order++)
        if (*order == a || *order == b) return *order;
    return 'F';
}

static void moments_of(const struct phrase *phrase, struct stage stage, bool *is_moment) {
    const struct story *stories[] = { phrase->story, phrase->second };
    for (int k = 0; k < 2; k++) {
        if (!stories[k]) continue;
        struct story story = without_head(stories[k]);
        for (int i = 0; i < story.count; i++)
            if (member(&story, i, stage.from, stage.to, 'I')) is_moment[story.items[i].end] = true;
    }
    if (phrase->body) moments_of(phrase->body, stage, is_moment);
}

static bool gap_in_any(const struct phrase *phrase, int from, int to) {
    const struct story *stories[] = { phrase->story, phrase->second };
    for (int k = 0; k < 2; k++)
        if (stories[k]) {
            struct story story = without_head(stories[k]);
            if (has_gap(&story, from, to)) return true;
        }
    return phrase->body && gap_in_any(phrase->body, from, to);
}

static struct stage from_moment(struct stage stage, int moment) {
    return (struct stage){ moment, stage.to, stage.closed, 'B' };
}

static char always_over(const struct phrase *phrase, struct stage stage, struct stage after) {
    bool bounded = phrase->hold < FOREVER, reached = bounded && stage.to >= stage.from + phrase->hold;
    struct stage inner = { stage.from, least(stage.to, stage.from + phrase->hold), stage.closed || reached,
                           stage.members };
    bool is_moment[FOREVER] = { false }, any = false;
    moments_of(phrase->body, inner, is_moment);
    is_moment[stage.from] = true;
    char all = 'P';
    for (int moment = stage.from; moment + horizon(phrase->body) <= inner.to; moment++)
        if (is_moment[moment]) {
            any = true;
            all = worse(all, reference_judge(phrase->body, from_moment(inner, moment), after, false));
        }
    if (all == 'F') return 'F';
    if (!inner.closed) return 'O';
    if (!any || (bounded && !reached)) return 'I';
    return all;
}

static char eventually_over(const struct phrase *phrase, struct stage stage, struct stage after) {
    bool is_moment[FOREVER] = { false }, elements = false;
    moments_of(phrase->body, stage, is_moment);
    int to = least(stage.to, stage.from + phrase->within);
    for (int moment = stage.from; moment <= to; moment++) elements = elements || is_moment[moment];
    is_moment[stage.from] = true;
    char best = 'F';
    for (int moment = stage.from; moment <= to; moment++)
        if (is_moment[moment])
            best = better(best, reference_judge(phrase->body, from_moment(stage, moment), after, false));
    if (best == 'P') return 'P';
    bool dead = phrase->within < FOREVER ? stage.to >= stage.from + phrase->within : stage.closed;
    if (!dead) return stage.closed ? 'I' : 'O';
    if (best != 'F') return best;
    return elements && !gap_in_any(phrase->body, stage.from, to) ? 'F' : 'I';
}

static char whenever(const struct phrase *phrase, struct stage stage, struct stage after) {
    struct story story = without_head(phrase->story);
    bool certain = false;
    char all = 'P';
    for (int i = 0; i < story.count; i++) {
        if (!member(&story, i, stage.from, stage.to, stage.members)) continue;
        char now = story.items[i].is, before = i > 0 && !story.events ? story.items[i - 1].is : 'F';
        if (now == 'F' || (now == 'T' && before == 'T')) continue;
        bool doubt = now == 'N' || (now == 'T' && before == 'N');
        char demand = reference_judge(phrase->body, from_moment(after, story.items[i].end), after, false);
        if (doubt && demand == 'F') demand = 'I';
        all = worse(all, demand);
        /* Behind errors it counts as having become true only if it was false before them, and they are in the scope. */
        int k = i - 1;
        while (k >= 0 && !story.events && story.items[k].is == 'E' &&
               member(&story, k, stage.from, stage.to, stage.members))
            k--;
        if (now == 'T' && (story.events || k < 0 || story.items[k].is == 'F')) certain = true;
    }
    if (all == 'F') return 'F';
    if (!stage.closed) return 'O';
    if (all != 'P') return all;
    if (!certain) return 'I';
    return evidence(&story, stage.from, stage.to, stage.members) ? 'P' : 'I';
}

char reference_judge(const struct phrase *phrase, struct stage stage, struct stage after, bool already) {
    if (phrase->word == 'w') return whenever(phrase, stage, after);
    if (phrase->body)
        return phrase->word == 'a' ? always_over(phrase, stage, after) : eventually_over(phrase, stage, after);
    return in_all_cases(phrase, stage, already);
}
