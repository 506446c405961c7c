/* A second judge, written from the sentences of docs/language.md 5 and not from judge/: quantifiers over small whole numbers,
 * no care for speed, every case of missing data tried out. The property tests hold the two against each other. */
#ifndef REFERENCE_H
#define REFERENCE_H
#include <stdbool.h>

enum { MOST = 24 };
struct item {
    int start, end;
    char is;
}; /* is: T F E N */
struct story {
    struct item items[MOST]; /* in the order of completion, then of start */
    int count;
    bool events, observer;
    int gap; /* 0: none */
    int alive_from, alive_to;
};
enum { FOREVER = 1000 };

/* P pass, F fail, I inconclusive, O open (not decided yet) */
struct stage {
    int from, to;
    bool closed;
    char members;
}; /* members of events: T touching, E ended, B begun */

struct phrase {
    char word; /* p plain, a always, n never, e eventually, s settles, u until, w whenever */
    const struct story *story, *second;
    const struct phrase *body;
    int within, hold; /* FOREVER: none */
};
char reference_judge(const struct phrase *phrase, struct stage stage, struct stage after, bool already);
#endif
