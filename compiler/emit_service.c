/* Service templates: one unit gives the record of a replica's plain fields, others ask the running replica whether
 * it is ready and which version it is. All take the template's parameters, then `self`. */
#include "compiler/emit.h"

bool node_is_asked_later(const struct node *field) {
    return field->kind == NODE_SERVICE_FIELD && text_is(field->name->text, "version");
}

uint32_t emit_service_unit(struct emitter *emitter, struct symbol *symbol) {
    if (symbol->unit == 0) {
        symbol->unit = emit_unit(emitter, UNIT_SERVICE, symbol->name->text, symbol->declaration->span) + 1;
        VECTOR_PUSH(&emitter->templates, symbol);
    }
    return symbol->unit - 1;
}

static void unit_begin(struct emitter *emitter, struct frame *frame, enum unit_kind kind, uint32_t unit,
                       const struct node *service) {
    frame_begin(emitter, frame, kind, unit);
    const struct node *parameter = service->a ? service->a->list : NULL;
    for (; parameter; parameter = parameter->next) {
        emit_bind_local(parameter->resolved, emit_take(emitter, 1));
        frame->parameter_count++;
    }
    frame->self = emit_take(emitter, 1);
    frame->parameter_count++;
}

static void fields_unit(struct emitter *emitter, struct symbol *symbol) {
    struct node *node = symbol->declaration;
    struct frame frame;
    unit_begin(emitter, &frame, UNIT_SERVICE, symbol->unit - 1, node);
    uint16_t record = emit_take(emitter, 1);
    emit_record(emitter, node, node->list, record);
    emit_op(emitter, node, OP_RETURN, record, 0, 0);
    frame_end(emitter, &frame);
}

static uint32_t asking_unit(struct emitter *emitter, struct symbol *symbol, struct node *field, const char *what) {
    struct text name = arena_printf(emitter->checked->arena, "%.*s %s", TEXT_ARGS(symbol->name->text), what);
    uint32_t unit = emit_unit(emitter, UNIT_FUNCTION, name, field->span);
    struct frame frame;
    unit_begin(emitter, &frame, UNIT_FUNCTION, unit, symbol->declaration);
    if (field->kind == NODE_READY) {
        emit_wait_until(emitter, field, field->a, field->list, emit_canonical(emitter, field->span));
    } else {
        emit_return(emitter, field->a);
    }
    frame_end(emitter, &frame);
    return unit;
}

static uint32_t parameter_index(const struct node *service, const char *name) {
    uint32_t index = 0;
    for (const struct node *parameter = service->a ? service->a->list : NULL; parameter; parameter = parameter->next) {
        if (text_is(parameter->name->text, name)) return index;
        index++;
    }
    return UINT32_MAX;
}

void emit_service(struct emitter *emitter, struct symbol *symbol) {
    struct service entry = { .unit = symbol->unit - 1,
                             .ready_unit = UINT32_MAX,
                             .version_unit = UINT32_MAX,
                             .app = parameter_index(symbol->declaration, "app"),
                             .name = builder_text(emitter->builder, symbol->name->text),
                             .span = symbol->span };
    fields_unit(emitter, symbol);
    for (struct node *field = symbol->declaration->list; field; field = field->next) {
        if (field->kind == NODE_READY) entry.ready_unit = asking_unit(emitter, symbol, field, "ready");
        if (node_is_asked_later(field)) entry.version_unit = asking_unit(emitter, symbol, field, "version");
    }
    VECTOR_PUSH(&emitter->builder->services, entry);
}
