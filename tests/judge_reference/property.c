/* Random stories, judged by judge/ and by the reference: same verdict for every time word, alone and nested, with errors, missing
 * data and overlapping probes. And what must hold of any judge: a verdict shown early never changes, an error never helps.
 * Usage: property [COUNT [SEED]] */
#include "judge/formula.h"
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static int below(int bound) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)((state >> 11) % (uint64_t)bound);
}

/* So that neighbouring seeds and rounds have nothing in common (splitmix64). */
static uint64_t mixed(uint64_t number) {
    number += 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    return number ^ number >> 31;
}

/* ---- stories ---- */

static int order(const void *a, const void *b) {
    const struct item *one = a, *other = b;
    return one->end != other->end ? one->end - other->end : one->start - other->start;
}

static struct story random_story(bool may_miss) {
    struct story story = { .events = below(4) == 0, .gap = below(8) ? 3 : below(3) };
    if (story.events) story.gap = 0;
    story.observer = story.events && below(2);
    story.alive_from = below(6) ? 0 : below(20);
    story.alive_to = story.alive_from + (below(6) ? 100 : below(12));
    static const int steps[] = { 0, 1, 1, 1, 2, 2, 3, 6 }, lives[] = { 0, 0, 1, 1, 2, 5 };
    int time = below(3), missing = 0;
    bool overlap = below(4) == 0;
    char is = below(2) ? 'T' : 'F';
    story.count = below(15);
    for (int i = 0; i < story.count; i++) {
        int start = time + steps[below(8)], life = lives[below(6)];
        if (below(3) == 0) is = "TTFFFE"[below(6)];
        story.items[i] = (struct item){ start, start + life, is };
        if (may_miss && missing < 2 && below(12) == 0) {
            story.items[i].is = 'N';
            missing++;
        }
        time = overlap && below(2) ? start : start + life;
    }
    qsort(story.items, (size_t)story.count, sizeof story.items[0], order);
    return story;
}

static struct story filled(struct story story, char from, char to) {
    for (int i = 0; i < story.count; i++)
        if (story.items[i].is == from) story.items[i].is = to;
    return story;
}

static struct story up_to(struct story story, int now) {
    int count = 0;
    for (int i = 0; i < story.count; i++)
        if (story.items[i].end <= now) story.items[count++] = story.items[i];
    story.count = count;
    return story;
}

/* ---- the same for judge/ ---- */

struct plot {
    int64_t start[MOST], end[MOST];
    uint8_t truth[MOST];
    struct trace trace;
};

static void plot_story(struct plot *plot, const struct story *story) {
    for (int i = 0; i < story->count; i++) {
        char is = story->items[i].is;
        plot->start[i] = story->items[i].start;
        plot->end[i] = story->items[i].end;
        plot->truth[i] = is == 'T' ? TRUTH_TRUE : is == 'F' ? TRUTH_FALSE : is == 'E' ? TRUTH_ERROR : TRUTH_NO_DATA;
    }
    plot->trace = (struct trace){ .start = plot->start,
                                  .end = plot->end,
                                  .truth = plot->truth,
                                  .count = (size_t)story->count,
                                  .events = story->events,
                                  .observer = story->observer,
                                  .gap_limit = story->gap,
                                  .alive_from = story->alive_from,
                                  .alive_to = story->alive_to };
    trace_prepare(&plot->trace);
}

static const enum node_kind kinds[128] = {
    ['p'] = NODE_PLAIN,   ['a'] = NODE_ALWAYS, ['n'] = NODE_NEVER,   ['e'] = NODE_EVENTUALLY,
    ['s'] = NODE_SETTLES, ['u'] = NODE_UNTIL,  ['w'] = NODE_WHENEVER
};

struct stack {
    struct plot plots[8];
    struct node nodes[4];
    int plot_count, node_count;
    struct witness witness;
};

static const struct trace *plotted(struct stack *stack, const struct story *story) {
    if (!story) return NULL;
    struct plot *plot = &stack->plots[stack->plot_count++];
    plot_story(plot, story);
    return &plot->trace;
}

static const struct node *node_of(struct stack *stack, const struct phrase *phrase) {
    if (!phrase) return NULL;
    struct node *node = &stack->nodes[stack->node_count++];
    *node = (struct node){ .kind = kinds[(int)phrase->word],
                           .condition = plotted(stack, phrase->story),
                           .ending = plotted(stack, phrase->second),
                           .body = node_of(stack, phrase->body),
                           .within = phrase->within < FOREVER ? phrase->within : TIME_END,
                           .hold = phrase->hold < FOREVER ? phrase->hold : TIME_END,
                           .witness = &stack->witness };
    return node;
}

static char letter_of(enum state found) {
    return found == STATE_PASS ? 'P' : found == STATE_FAIL ? 'F' : found == STATE_INCONCLUSIVE ? 'I' : 'O';
}

static struct scope scope_of(struct stage stage) {
    return (struct scope){ stage.from, stage.to, stage.closed,
                           stage.members == 'T'   ? TOUCHING
                           : stage.members == 'E' ? ENDED
                                                  : BEGUN };
}

static struct finding judged(const struct phrase *phrase, struct stage stage, struct stage after, bool already) {
    static struct stack stack;
    stack.plot_count = stack.node_count = 0;
    stack.witness.is_known = false;
    return formula_judge(node_of(&stack, phrase), scope_of(stage), scope_of(after), already);
}

static char verdict(const struct phrase *phrase, struct stage stage, struct stage after, bool already) {
    return letter_of(judged(phrase, stage, after, already).state);
}

/* ---- reporting ---- */

static int faults;
static uint64_t seed, round_number;

static void print_phrase(const struct phrase *phrase, int depth) {
    printf("%*s%c within %d hold %d\n", depth * 2, "", phrase->word, phrase->within, phrase->hold);
    const struct story *stories[] = { phrase->story, phrase->second };
    for (int k = 0; k < 2; k++) {
        if (!stories[k]) continue;
        printf("%*s%s%s gap %d alive %d..%d:", depth * 2 + 2, "", stories[k]->events ? "events" : "samples",
               stories[k]->observer ? " observed" : "", stories[k]->gap, stories[k]->alive_from, stories[k]->alive_to);
        for (int i = 0; i < stories[k]->count; i++)
            printf(" %d-%d%c", stories[k]->items[i].start, stories[k]->items[i].end, stories[k]->items[i].is);
        printf("\n");
    }
    if (phrase->body) print_phrase(phrase->body, depth + 1);
}

static void fault(const char *what, const struct phrase *phrase, struct stage stage, char one, char other) {
    printf("%s: %c against %c; seed %llu round %llu; scope %d..%d %s %c\n", what, one, other, (unsigned long long)seed,
           (unsigned long long)round_number, stage.from, stage.to, stage.closed ? "closed" : "open", stage.members);
    print_phrase(phrase, 1);
    if (++faults >= 5) exit(1);
}

static bool is_final(char found) {
    return found == 'P' || found == 'F';
}

/* ---- the properties ---- */

static long compared, verdicts[128];

static void compare(const struct phrase *phrase, struct stage stage, struct stage after, bool already) {
    char wanted = reference_judge(phrase, stage, after, already), found = verdict(phrase, stage, after, already);
    compared++;
    verdicts[(int)found]++;
    /* What is not decided has no name in common: pending, holding and inconclusive are told apart only in the end. */
    bool same = wanted == found || (!is_final(wanted) && !is_final(found));
    if (!same) fault("differs from the reference", phrase, stage, found, wanted);
    if (stage.closed && after.closed && found == 'O') fault("is left open at the end", phrase, stage, found, wanted);
}

static void never_changes(const struct phrase *whole, struct stage stage, bool already) {
    char shown = 0;
    for (int now = stage.from; now <= stage.to; now++) {
        struct story first = up_to(*whole->story, now), second;
        struct phrase phrase = *whole;
        phrase.story = &first;
        if (whole->second) {
            second = up_to(*whole->second, now);
            phrase.second = &second;
        }
        struct stage so_far = { stage.from, now, false, stage.members };
        char found = verdict(&phrase, so_far, so_far, already);
        if (shown && found != shown) fault("changed what was shown early", &phrase, so_far, found, shown);
        if (is_final(found)) shown = found;
    }
    char last = verdict(whole, stage, stage, already);
    if (shown && stage.closed && last != shown)
        fault("the end differs from what was shown early", whole, stage, last, shown);
}

static int rank(char found) {
    return found == 'F' ? 0 : found == 'P' ? 2 : 1;
}

static void error_never_helps(const struct phrase *phrase, struct stage stage, struct stage after) {
    int with = rank(verdict(phrase, stage, after, false));
    for (const char *instead = "TF"; *instead; instead++) {
        struct story first = filled(*phrase->story, 'E', *instead), second;
        struct phrase better = *phrase;
        better.story = &first;
        if (phrase->second) {
            second = filled(*phrase->second, 'E', *instead);
            better.second = &second;
        }
        /* For `until` the two stories pull in one direction, for one word alone too: the worse of both bounds it. */
        int without = rank(verdict(&better, stage, after, false));
        if (*instead == 'F' && phrase->word != 'n' && phrase->word != 'w' && with > without)
            fault("an error is better than a false", phrase, stage, (char)('0' + with), (char)('0' + without));
        if (*instead == 'T' && (phrase->word == 'n') && with > without)
            fault("an error is better than a true", phrase, stage, (char)('0' + with), (char)('0' + without));
        if (phrase->word == 'w' && with > without)
            fault("an error in a trigger helps", phrase, stage, (char)('0' + with), (char)('0' + without));
    }
}

/* A verdict given in spite of missing data holds whatever the data would have been: `whenever` has a rule of its own there. */
static void missing_is_sound(const struct phrase *phrase, struct stage stage, struct stage after) {
    char with = verdict(phrase, stage, after, false);
    if (!is_final(with)) return;
    for (const char *instead = "TF"; *instead; instead++) {
        struct story first = filled(*phrase->story, 'N', *instead);
        if (phrase->story->count && phrase->story->items[0].is == 'N')
            continue; /* no samples at all before the first data */
        struct phrase known = *phrase;
        known.story = &first;
        char without = verdict(&known, stage, after, false);
        if (without != with) fault("missing data could have changed it", phrase, stage, with, without);
    }
}

/* ---- one round ---- */

static struct phrase random_phrase(const char *words, const struct story *first, const struct story *second) {
    struct phrase phrase = {
        .word = words[below((int)strlen(words))], .story = first, .within = FOREVER, .hold = FOREVER
    };
    if (strchr("esu", phrase.word) && below(5)) phrase.within = 1 + below(9);
    if (strchr("ans", phrase.word) && below(2)) phrase.hold = 1 + below(6);
    if (phrase.word == 'u') phrase.second = second;
    return phrase;
}

static void one_round(void) {
    struct story first = random_story(true), second = random_story(true), third = random_story(true);
    int last = 0;
    for (int i = 0; i < first.count; i++) last = first.items[i].end > last ? first.items[i].end : last;
    struct stage stage = { below(6), 0, true, "TTE"[below(3)] };
    stage.to = stage.from + below(6) * below(6);
    if (below(2)) stage.to = last + below(4);
    if (stage.to < stage.from) stage.to = stage.from;
    struct stage after = { stage.from, stage.to + (below(2) ? below(10) : 0), true, 'T' }, open = stage;
    open.closed = false;

    static const char simple[] = "aneesu";
    struct phrase leaf = random_phrase(simple, &first, &second);
    bool already = leaf.word == 'e' && below(2);
    compare(&leaf, stage, after, already);
    never_changes(&leaf, stage, already);
    error_never_helps(&leaf, stage, after);
    missing_is_sound(&leaf, stage, after);
    struct phrase cut = leaf;
    struct story so_far = up_to(first, stage.to), other_so_far = up_to(second, stage.to);
    cut.story = &so_far;
    if (cut.second) cut.second = &other_so_far;
    compare(&cut, open, open, already);

    struct phrase inner = random_phrase("aneesup", &second, &third);
    struct phrase whenever = { .word = 'w', .story = &first, .body = &inner, .within = FOREVER, .hold = FOREVER };
    compare(&whenever, stage, after, false);
    error_never_helps(&whenever, stage, after);
    missing_is_sound(&whenever, stage, after);

    struct phrase outer = { .word = below(2) ? 'a' : 'e', .body = &inner, .within = FOREVER, .hold = FOREVER };
    if (inner.word == 'p') outer.word = 'a';
    if (outer.word == 'a' && below(3) == 0) outer.hold = 1 + below(9);
    if (outer.word == 'e' && below(3)) outer.within = 1 + below(9);
    compare(&outer, stage, after, false);

    struct phrase over = { .word = below(2) ? 'a' : 'e', .body = &whenever, .within = FOREVER, .hold = FOREVER };
    if (below(4) == 0) compare(&over, stage, after, false);
    struct phrase under = { .word = 'w', .story = &third, .body = &outer, .within = FOREVER, .hold = FOREVER };
    if (below(4) == 0) compare(&under, stage, after, false);
}

int main(int count, char **arguments) {
    long rounds = count > 1 ? atol(arguments[1]) : 200000;
    seed = count > 2 ? strtoull(arguments[2], NULL, 0) : 20261122;
    printf("%ld stories, seed %llu\n", rounds, (unsigned long long)seed);
    for (round_number = 0; round_number < (uint64_t)rounds; round_number++) {
        state = mixed(seed ^ mixed(round_number)) | 1;
        one_round();
    }
    printf("%ld verdicts compared: %ld pass, %ld fail, %ld inconclusive, %ld open; %d differ\n", compared,
           verdicts['P'], verdicts['F'], verdicts['I'], verdicts['O'], faults);
    return faults != 0;
}
