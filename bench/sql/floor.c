/* The floor of `aot sql`: what libpg_query alone takes to read the same file in pieces of about 4 KiB, the tree made and freed.
 * usage: floor FILE; prints statements and seconds of parsing, and of parsing with the tree unpacked. */
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Each statement of the generated file ends with its line. */
static size_t read_all(char *text, int unpack) {
    size_t statements = 0;
    while (*text) {
        char *end = text;
        while (end - text < 4096 && *end) end = strchr(end, '\n') + 1;
        char kept = *end;
        *end = 0;
        PgQueryProtobufParseResult result = pg_query_parse_protobuf(text);
        *end = kept;
        if (result.error) {
            fprintf(stderr, "%s\n", result.error->message);
            exit(1);
        }
        for (char *at = text; at < end; at++) statements += *at == '\n';
        if (unpack) {
            PgQuery__ParseResult *tree =
                pg_query__parse_result__unpack(NULL, result.parse_tree.len, (void *)result.parse_tree.data);
            pg_query__parse_result__free_unpacked(tree, NULL);
        }
        pg_query_free_protobuf_parse_result(result);
        text = end;
    }
    return statements;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 2;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(size + 1, 1);
    if (fread(text, 1, size, file) != size) return 2;
    fclose(file);
    double begin = now();
    size_t statements = read_all(text, 0);
    double parsed = now();
    read_all(text, 1);
    printf("%zu %.6f %.6f\n", statements, parsed - begin, now() - parsed);
    free(text);
    return 0;
}
