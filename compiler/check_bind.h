/* Arguments to parameters: what a call gives, how it meets one signature, and how far it got where it does not. */
#ifndef AOT_COMPILER_CHECK_BIND_H
#define AOT_COMPILER_CHECK_BIND_H
#include "compiler/check.h"

/* What a call gives: the receiver of a method first, then the arguments in their order. */
struct argument {
    const struct name *name; /* NULL: by its place */
    struct node *value;      /* the checked expression */
    struct span span;        /* of the whole argument */
    struct span name_span;   /* of its name */
};
enum { FEW_ARGUMENTS = 8 };
struct given {
    struct argument *arguments;
    struct argument few[FEW_ARGUMENTS]; /* where they stand when they are few */
    uint32_t count;
    bool has_receiver;  /* arguments[0] stood before the dot */
    bool is_disordered; /* one by place stands behind one by name: reported, and no more is said */
};
enum misfit { MISFIT_NONE, MISFIT_UNKNOWN, MISFIT_TOO_MANY, MISFIT_TWICE, MISFIT_MISSING, MISFIT_LIFT, MISFIT_TYPE };
/* How a call met a signature. */
struct match {
    const struct signature *signature;
    uint32_t row; /* of a native; NO_ROW for functions and templates */
    enum misfit misfit;
    uint32_t argument;             /* where it broke */
    uint32_t parameter;            /* likewise */
    int cost;                      /* of the conversions, when nothing broke */
    bool lifted;                   /* the first argument is a series, taken element by element */
    struct type_bindings bindings; /* of the signature's variables */
    uint32_t *parameter_of;        /* for each argument: its parameter */
    uint32_t few[FEW_ARGUMENTS];   /* where these stand when they are few */
};
/* The parameter that the argument is for, or NO_ROW. */
uint32_t bind_parameter(const struct signature *signature, const struct given *given, uint32_t argument);
/* `can_lift`: a series may stand for its elements. `parameter_of` has room for each argument. */
void bind_match(struct checker *checker, const struct given *given, bool can_lift, struct match *match);
/* Whether `a` is the better match, or the one that got farther. */
bool bind_is_better(const struct match *a, const struct match *b);
void bind_report(struct checker *checker, struct node *call, const struct given *given, const struct match *match,
                 const char *name);
#endif
