/* Workflow commands of GitHub. What a text says cannot end the command or begin another. */
#include "report/annotation.h"

void annotation_escape(struct text text, bool property, struct buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        bool special = byte == '%' || byte == '\r' || byte == '\n' || (property && (byte == ':' || byte == ','));
        if (special)
            buffer_printf(out, "%%%02X", byte);
        else
            buffer_append_byte(out, byte < 0x20 && byte != '\t' ? '?' : (char)byte);
    }
}

void annotation_append(const struct annotation *annotation, struct text path_prefix, struct buffer *out) {
    struct buffer file = { 0 };
    struct text path = annotation->file;
    if (path.length && path.bytes[0] != '/') buffer_append(&file, path_prefix);
    buffer_append(&file, text_starts(path, TEXT("./")) ? text_slice(path, 2, SIZE_MAX) : path);
    buffer_printf(out, "::%s file=", annotation->level);
    annotation_escape(buffer_text(&file), true, out);
    buffer_printf(out, ",line=%u", annotation->line);
    if (annotation->column) buffer_printf(out, ",col=%u", annotation->column);
    buffer_append_string(out, ",title=");
    annotation_escape(annotation->title, true, out);
    buffer_append_string(out, "::");
    annotation_escape(annotation->message, false, out);
    buffer_append_byte(out, '\n');
    buffer_done(&file);
}
