/* Paths of libraries, the order of modules, scopes. */
#include "compiler/module.h"
#include "compiler/scope.h"
#include "base/memory.h"
#include "stdlib/catalogue.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(module, paths_are_relative_to_the_file) {
    static const char *const all[][3] = {
        { "t4.aot", "./a.sql", "a.sql" },
        { "recipes.d/t4.aot", "./a.sql", "recipes.d/a.sql" },
        { "recipes.d/t4.aot", "../a.sql", "a.sql" },
        { "recipes.d/t4.aot", "../../a.sql", "../a.sql" },
        { "../x/t4.aot", "../y/./b/../a.sql", "../y/a.sql" },
        { "../t4.aot", "../../a.sql", "../../../a.sql" },
        { "/srv/t4.aot", "../../../a.sql", "/a.sql" },
        { "a/b/c.aot", "/etc/x", "/etc/x" },
        { "", "recipes.d//x/../t4.aot", "recipes.d/t4.aot" },
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct text path = module_path(arena, text_of(all[i][0]), text_of(all[i][1]));
        cr_expect(eq(str, (char *)path.bytes, (char *)all[i][2]), "%s %s", all[i][0], all[i][1]);
        cr_expect(eq(sz, path.length, strlen(path.bytes)));
    }
    arena_free(arena);
}

struct files {
    struct arena *arena;
    struct name_table *names;
    struct source_set *sources;
    struct diagnostics *diagnostics;
    struct checked *checked;
};

static struct files read_files(const char *const (*files)[2], size_t count) {
    struct files all = { arena_new(), name_table_new(), source_set_new(), diagnostics_new(), NULL };
    for (size_t i = 0; i < count; i++) source_set_add(all.sources, files[i][0], text_of(files[i][1]));
    all.checked = check(all.arena, all.names, all.sources, 0, catalogue(), all.diagnostics);
    return all;
}

static void release(struct files *all) {
    diagnostics_free(all->diagnostics);
    source_set_free(all->sources);
    name_table_free(all->names);
    arena_free(all->arena);
}

Test(module, libraries_come_before_their_users_and_once) {
    static const char *const files[][2] = {
        { "r/t.aot",
          "recipe T1 \"x\"\nuse ./lib/a.aot as a\nuse ./lib/b.aot as b\nrun { let x = a.one() + b.two() }\n" },
        { "r/lib/a.aot", "use ./b.aot as inner\nuse ./c.aot as c\nfn one() -> int = inner.two() + c.three()\n" },
        { "r/lib/b.aot", "fn two() -> int = 2\n" },
        { "r/lib/c.aot", "fn three() -> int = 3\n" },
    };
    struct files all = read_files(files, 4);
    cr_expect(eq(sz, diagnostics_size(all.diagnostics), 0));
    cr_assert(eq(u32, all.checked->module_count, 4));
    static const char *const order[] = { "r/lib/b.aot", "r/lib/c.aot", "r/lib/a.aot", "r/t.aot" };
    static const char *const aliases[] = { "b", "a.c", "a", "" };
    for (int i = 0; i < 4; i++) {
        cr_expect(text_is(all.checked->modules[i]->path, order[i]), "%d", i);
        cr_expect(text_is(all.checked->modules[i]->alias, aliases[i]), "%d", i);
        cr_expect(eq(int, all.checked->modules[i]->is_library, i < 3));
    }
    release(&all);
}

Test(module, a_file_that_uses_itself_is_told_by_its_chain) {
    static const char *const files[][2] = {
        { "t.aot", "recipe T1 \"x\"\nuse ./a.aot as a\nrun { wait 1s }\n" },
        { "a.aot", "use ./b.aot as b\n" },
        { "b.aot", "use ./a.aot as a\n" },
    };
    struct files all = read_files(files, 3);
    cr_assert(eq(sz, diagnostics_size(all.diagnostics), 1));
    const struct diagnostic *found = diagnostics_at(all.diagnostics, 0);
    cr_expect(eq(int, found->code, DIAG_E476));
    cr_expect(eq(u32, found->span.source, 2));
    cr_assert(eq(sz, found->note_count, 2));
    cr_expect(eq(u32, found->notes[0].span.source, 1));
    release(&all);
}

static const struct name *intern(struct name_table *names, const char *text) {
    return name_intern(names, text_of(text));
}

Test(scope, a_binding_hides_the_outer_one_until_its_scope_ends) {
    size_t blocks = memory_live_blocks();
    struct name_table *names = name_table_new();
    struct scopes scopes = { 0 };
    struct symbol outer = { .name = intern(names, "x") }, inner = { .name = intern(names, "x") };
    struct symbol other = { .name = intern(names, "y") };
    scope_open(&scopes);
    scope_bind(&scopes, &outer);
    scope_open(&scopes);
    cr_expect(eq(ptr, scope_find(&scopes, outer.name)->symbol, &outer));
    cr_expect(eq(ptr, (void *)scope_find_here(&scopes, outer.name), NULL));
    scope_bind(&scopes, &inner);
    scope_bind(&scopes, &other);
    cr_expect(eq(ptr, scope_find(&scopes, outer.name)->symbol, &inner));
    cr_expect(eq(ptr, scope_find_here(&scopes, outer.name)->symbol, &inner));
    scope_close(&scopes, true);
    cr_expect(eq(ptr, scope_find(&scopes, outer.name)->symbol, &outer));
    cr_expect(eq(ptr, (void *)scope_find(&scopes, other.name), NULL));
    cr_expect(eq(ptr, scope_closed(&scopes, other.name), &other));
    scope_close(&scopes, false);
    scopes_done(&scopes);
    name_table_free(names);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}

Test(scope, a_function_sees_the_module_and_itself) {
    struct name_table *names = name_table_new();
    struct scopes scopes = { 0 };
    struct symbol module = { .name = intern(names, "m") }, local = { .name = intern(names, "l") };
    struct symbol parameter = { .name = intern(names, "p") }, hides = { .name = intern(names, "m") };
    scope_open(&scopes);
    scope_bind(&scopes, &module);
    scope_open(&scopes);
    scope_bind(&scopes, &local);
    scope_bind(&scopes, &hides);
    scopes.floor = scope_depth(&scopes) + 1;
    scope_open(&scopes);
    scope_bind(&scopes, &parameter);
    cr_expect(eq(ptr, scope_find(&scopes, module.name)->symbol, &module));
    cr_expect(eq(ptr, (void *)scope_find(&scopes, local.name), NULL));
    cr_expect(eq(ptr, scope_find_hidden(&scopes, local.name)->symbol, &local));
    cr_expect(eq(ptr, scope_find(&scopes, parameter.name)->symbol, &parameter));
    scopes_done(&scopes);
    name_table_free(names);
}
