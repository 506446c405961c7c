/* A checked recipe becomes a program: units in the order in which the machine runs them, then the functions that
 * they call. Owns the builder until it is finished. Reads the tree and its annotations, and changes nothing but
 * symbols' slots. */
#include "compiler/emit.h"

/* ---- what goes into a unit ---- */

void emit_too_large(struct emitter *emitter, struct span span, const char *what) {
    if (!emitter->too_large) diagnostics_report(emitter->checked->diagnostics, DIAG_E590, span, "%s", what);
    emitter->too_large = true;
}

static void set_place(struct emitter *emitter, const struct node *node) {
    const struct node *place = emitter->frame->place ? emitter->frame->place : node;
    emitter->frame->code.span = place->span;
}

void emit_op(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint16_t b, uint16_t c) {
    set_place(emitter, node);
    assembly_emit(&emitter->frame->code, op, a, b, c);
}

void emit_wide(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint32_t wide) {
    set_place(emitter, node);
    assembly_emit_wide(&emitter->frame->code, op, a, wide);
}

void emit_jump(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint16_t b, struct label to) {
    set_place(emitter, node);
    assembly_jump(&emitter->frame->code, op, a, b, to);
}

struct label emit_label(struct emitter *emitter) {
    return assembly_label(&emitter->frame->code);
}

void emit_place(struct emitter *emitter, struct label label) {
    assembly_place(&emitter->frame->code, label);
}

uint16_t emit_take(struct emitter *emitter, uint32_t count) {
    return registers_take(&emitter->frame->registers, count);
}

uint32_t emit_mark(const struct emitter *emitter) {
    return emitter->frame->registers.next;
}

void emit_release(struct emitter *emitter, uint32_t mark) {
    registers_release(&emitter->frame->registers, mark);
}

uint32_t emit_unit(struct emitter *emitter, enum unit_kind kind, struct text name, struct span span) {
    if (emitter->builder->units.count > UINT16_MAX) {
        emit_too_large(emitter, span, "this file needs more than 65,536 units of code");
        return 0;
    }
    return builder_unit(emitter->builder, kind, name, span);
}

void frame_begin(struct emitter *emitter, struct frame *frame, enum unit_kind kind, uint32_t unit) {
    *frame = (struct frame){ .outer = emitter->frame, .unit = unit, .kind = kind };
    frame->context = frame->self = frame->block_start = NO_REGISTER;
    frame->code.span = emitter->builder->units.items[unit].span;
    emitter->frame = frame;
}

/* Whether something may come to the unit's end: the last instruction lets it through, or a label stands behind it. */
static bool reaches_end(const struct assembly *code) {
    if (code->code.count == 0) return true;
    for (size_t i = 0; i < code->labels.count; i++)
        if (code->labels.items[i] == code->code.count) return true;
    return !(op_info((enum op)code->code.items[code->code.count - 1].op)->flags & ENDS_BLOCK);
}

void frame_end(struct emitter *emitter, struct frame *frame) {
    struct unit *unit = &emitter->builder->units.items[frame->unit];
    frame->code.span = (struct span){ unit->span.source, unit->span.start, 0 };
    if (reaches_end(&frame->code)) assembly_emit(&frame->code, OP_RETURN_NONE, 0, 0, 0);
    assembly_finish(&frame->code);
    if (frame->registers.overflowed)
        emit_too_large(emitter, unit->span, "this block needs more than 65,000 values at once");
    builder_unit_code(emitter->builder, frame->unit, &frame->code, (uint16_t)frame->registers.most,
                      frame->parameter_count);
    assembly_done(&frame->code);
    emitter->frame = frame->outer;
}

void emit_return(struct emitter *emitter, struct node *expression) {
    uint16_t value = emit_value(emitter, expression);
    for (uint32_t i = 0; i < emitter->frame->open_scopes; i++) emit_op(emitter, expression, OP_SCOPE_JOIN, 0, 0, 0);
    emit_op(emitter, expression, OP_RETURN, value, 0, 0);
}

/* ---- units that are one expression or one block ---- */

static uint32_t value_unit(struct emitter *emitter, enum unit_kind kind, struct text name, const struct node *node,
                           struct node *expression) {
    uint32_t unit = emit_unit(emitter, kind, name, node->span);
    struct frame frame;
    frame_begin(emitter, &frame, kind, unit);
    emit_return(emitter, expression);
    frame_end(emitter, &frame);
    return unit;
}

static uint32_t block_unit(struct emitter *emitter, enum unit_kind kind, const struct node *node) {
    uint32_t unit = emit_unit(emitter, kind, text_of(unit_kind_name(kind)), node->span);
    struct frame frame;
    frame_begin(emitter, &frame, kind, unit);
    emit_block(emitter, node->a, BLOCK_SCOPE);
    frame_end(emitter, &frame);
    return unit;
}

/* ---- inputs ---- */

static void input_code(struct emitter *emitter, struct symbol *symbol, uint32_t index, uint32_t shape) {
    struct node *node = symbol->declaration;
    uint32_t mark = emit_mark(emitter);
    uint16_t value = emit_take(emitter, 1);
    struct label given = emit_label(emitter);
    emit_jump(emitter, node, OP_GET_INPUT, value, (uint16_t)index, given);
    if (node->b) {
        emit_into(emitter, node->b, value);
        if (node->b->type != symbol->type && node->b->type->kind != TYPE_NOTHING && shape <= UINT16_MAX)
            emit_op(emitter, node, OP_CONVERT, value, value, (uint16_t)shape);
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, value, 0, 0);
    }
    emit_place(emitter, given);
    emit_wide(emitter, node, OP_SET_GLOBAL, value, emit_global(emitter, symbol));
    emit_release(emitter, mark);
}

static void input(struct emitter *emitter, const struct module *module, struct symbol *symbol) {
    struct builder *builder = emitter->builder;
    const struct node *node = symbol->declaration;
    uint32_t index = (uint32_t)builder->inputs.count;
    if (index > UINT16_MAX) emit_too_large(emitter, node->span, "there are more than 65,536 inputs");
    struct input entry = { .global = emit_global(emitter, symbol),
                           .name = builder_text(builder, symbol->name->text),
                           .alias = builder_text(builder, module->alias),
                           .shape = emit_shape(emitter, symbol->type),
                           .is_secret = symbol->kind == SYMBOL_SECRET,
                           .has_default = node->b != NULL,
                           .span = node->span };
    if (module->is_library) entry.library_path = builder_text(builder, module->path);
    VECTOR_PUSH(&builder->inputs, entry);
    input_code(emitter, symbol, index, entry.shape);
}

/* ---- the world: what the top level makes ---- */

static void world_symbol(struct emitter *emitter, struct symbol *symbol) {
    struct node *node = symbol->declaration;
    if (!symbol->is_global) return;
    uint32_t mark = emit_mark(emitter);
    uint16_t value = emit_take(emitter, 1);
    if (symbol->kind == SYMBOL_LET) {
        emit_into(emitter, node->b, value);
    } else if (symbol->kind == SYMBOL_SERVICE) {
        emit_op(emitter, node, OP_MAKE_SERVICE, value, (uint16_t)emit_service_unit(emitter, symbol), 0);
    } else {
        emit_release(emitter, mark);
        return;
    }
    emit_wide(emitter, node, OP_SET_GLOBAL, value, emit_global(emitter, symbol));
    emit_release(emitter, mark);
}

static void inputs_and_world(struct emitter *emitter, const struct node *file) {
    struct program *program = emitter->builder->program;
    struct checked *checked = emitter->checked;
    struct frame frame;
    program->inputs_unit = emit_unit(emitter, UNIT_INPUTS, TEXT("inputs"), file->span);
    frame_begin(emitter, &frame, UNIT_INPUTS, program->inputs_unit);
    for (uint32_t m = 0; m < checked->module_count; m++) {
        const struct module *module = checked->modules[m];
        for (uint32_t i = 0; i < module->symbol_count; i++) {
            enum symbol_kind kind = module->symbols[i]->kind;
            if (kind == SYMBOL_INPUT || kind == SYMBOL_SECRET) input(emitter, module, module->symbols[i]);
        }
    }
    frame_end(emitter, &frame);
    program->world_unit = emit_unit(emitter, UNIT_WORLD, TEXT("world"), file->span);
    frame_begin(emitter, &frame, UNIT_WORLD, program->world_unit);
    for (uint32_t m = 0; m < checked->module_count; m++)
        for (uint32_t i = 0; i < checked->modules[m]->symbol_count; i++)
            world_symbol(emitter, checked->modules[m]->symbols[i]);
    frame_end(emitter, &frame);
}

/* ---- the matrix ---- */

static void axis(struct emitter *emitter, struct node *node) {
    struct symbol *symbol = node->resolved;
    struct axis entry = { .global = emit_global(emitter, symbol),
                          .unit = value_unit(emitter, UNIT_AXIS, symbol->name->text, node, node->a),
                          .name = builder_text(emitter->builder, symbol->name->text),
                          .span = node->span };
    VECTOR_PUSH(&emitter->builder->axes, entry);
}

static void exclude(struct emitter *emitter, struct node *node) {
    struct exclusion entry = { .unit = value_unit(emitter, UNIT_EXCLUDE, TEXT("exclude"), node, node->a),
                               .because = emit_static_text(emitter, node->b),
                               .until = emit_static_text(emitter, node->c),
                               .span = node->span };
    VECTOR_PUSH(&emitter->builder->exclusions, entry);
}

static void cover(struct emitter *emitter, const struct node *node) {
    struct cover *cover = &emitter->builder->program->cover;
    struct constant minimum;
    *cover = (struct cover){ .kind = text_is(node->name->text, "pairwise") ? COVER_PAIRWISE : COVER_ALL,
                             .span = node->span };
    if (!node->a || !constant_of(emitter, node->a, &minimum)) return;
    cover->has_minimum = true;
    cover->minimum_is_ratio = minimum.kind == CONSTANT_RATIO;
    cover->minimum = minimum.kind == CONSTANT_INTEGER ? (double)minimum.integer : minimum.number;
}

static void matrix_item(struct emitter *emitter, struct node *node) {
    if (node->kind == NODE_AXIS) axis(emitter, node);
    if (node->kind == NODE_EXCLUDE) exclude(emitter, node);
    if (node->kind == NODE_COVER) cover(emitter, node);
    if (node->kind == NODE_INCLUDE) {
        uint32_t unit = value_unit(emitter, UNIT_INCLUDE, TEXT("include"), node, node->a);
        VECTOR_PUSH(&emitter->builder->inclusions, (struct inclusion){ unit, node->span });
    }
}

/* ---- the file ---- */

static void words(struct emitter *emitter, const struct node *node) {
    struct builder *builder = emitter->builder;
    for (const struct node *word = node->list; word; word = word->next) {
        struct text text = word->kind == NODE_STRING ? emit_static_text(emitter, word) : word->name->text;
        text = builder_text(builder, text);
        if (node->kind == NODE_RULES) VECTOR_PUSH(&builder->rules, text);
        if (node->kind == NODE_TAGS) VECTOR_PUSH(&builder->tags, text);
        if (node->kind == NODE_NEEDS) VECTOR_PUSH(&builder->needs, text);
    }
}

static void item(struct emitter *emitter, struct node *node) {
    struct program *program = emitter->builder->program;
    switch (node->kind) {
    case NODE_RECIPE:
        program->id = builder_text(emitter->builder, node->name->text);
        program->title = emit_static_text(emitter, node->a);
        return;
    case NODE_RULES:
    case NODE_TAGS:
    case NODE_NEEDS: words(emitter, node); return;
    case NODE_LIMIT: program->limit_unit = value_unit(emitter, UNIT_LIMIT, TEXT("limit"), node, node->a); return;
    case NODE_MATRIX:
        for (struct node *part = node->list; part; part = part->next) matrix_item(emitter, part);
        return;
    case NODE_SETUP: program->setup_unit = block_unit(emitter, UNIT_SETUP, node); return;
    case NODE_RUN: program->run_unit = block_unit(emitter, UNIT_RUN, node); return;
    case NODE_TEARDOWN: program->teardown_unit = block_unit(emitter, UNIT_TEARDOWN, node); return;
    case NODE_ASSERT:
    case NODE_ASSUME: emit_assertion(emitter, node); return;
    default: return; /* declarations: in the inputs and the world, functions when they are called */
    }
}

static void function(struct emitter *emitter, struct symbol *symbol) {
    struct node *node = symbol->declaration;
    struct frame frame;
    frame_begin(emitter, &frame, UNIT_FUNCTION, symbol->unit - 1);
    for (struct node *parameter = node->a->list; parameter; parameter = parameter->next) {
        emit_bind_local(parameter->resolved, emit_take(emitter, 1));
        frame.parameter_count++;
    }
    if (node->c->kind == NODE_BLOCK) {
        emit_block(emitter, node->c, BLOCK_SCOPE);
    } else {
        emit_return(emitter, node->c);
    }
    frame_end(emitter, &frame);
}

/* What was called, and what that calls in turn. */
static void called(struct emitter *emitter) {
    size_t functions = 0, templates = 0;
    while (functions < emitter->functions.count || templates < emitter->templates.count) {
        if (functions < emitter->functions.count) {
            function(emitter, emitter->functions.items[functions++]);
        } else {
            emit_service(emitter, emitter->templates.items[templates++]);
        }
    }
}

static void finish(struct emitter *emitter) {
    memory_release(emitter->shapes);
    VECTOR_DONE(&emitter->functions);
    VECTOR_DONE(&emitter->templates);
    VECTOR_DONE(&emitter->sites);
}

struct program *emit(struct checked *checked) {
    const struct module *recipe = checked->modules[checked->module_count - 1];
    struct emitter emitter = { .checked = checked, .quiet = 1, .assertion = UINT32_MAX, .phase = UINT32_MAX };
    emitter.builder = builder_new(checked->sources);
    emitter.builder->program->path = builder_text(emitter.builder, recipe->path);
    struct node *file = recipe->tree->file;
    inputs_and_world(&emitter, file);
    for (struct node *node = file->list; node; node = node->next) item(&emitter, node);
    called(&emitter);
    finish(&emitter);
    if (emitter.too_large) {
        builder_abandon(emitter.builder);
        return NULL;
    }
    return builder_finish(emitter.builder);
}
