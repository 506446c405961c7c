/* What `aot config show` prints: every setting, release and input, its value, and who says so. */
#ifndef AOT_CLI_CONFIG_SHOW_H
#define AOT_CLI_CONFIG_SHOW_H
#include "cli/inputs.h"

struct config_view {
    const struct settings *settings;
    struct inputs *inputs;      /* NULL: no recipe was named */
    const struct value *values; /* of each input; NULL with `inputs` */
};
void config_show_text(const struct config_view *view, struct buffer *out);
void config_show_json(const struct config_view *view, struct buffer *out);
#endif
