/* Releases: tag, program and image of a version value. The heap of a run knows them, so that a version is the same
 * thing wherever it goes. Judging again they come from the record, and no program is looked for. */
#include "vm/release.h"

#include "vm/heap.h"
#include "vm/run_state.h"
#include "vm/version.h"

#include "base/json.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* N-1 by its name; v1.1.0 by its tag. NULL: none. */
static const struct release *find(const struct heap *heap, struct text spelling) {
    bool aged = version_is_aged(spelling);
    for (size_t i = 0; i < heap->release_count; i++) {
        const struct release *release = &heap->releases[i];
        if (text_equal(aged ? release->name : release->tag, spelling)) return release;
    }
    return NULL;
}

struct text release_tag(const struct heap *heap, struct text spelling) {
    if (!version_is_aged(spelling)) return spelling;
    const struct release *release = find(heap, spelling);
    return release ? release->tag : TEXT_NONE;
}

/* ---- what is not known ---- */
static struct value unknown(struct heap *heap, struct text spelling, struct text key) {
    if (heap->release_count == 0) {
        return value_error(heap, "release %.*s has no %.*s: aot.yaml says what a release is", TEXT_ARGS(spelling),
                           TEXT_ARGS(key));
    }
    struct buffer names = { 0 };
    for (size_t i = 0; i < heap->release_count; i++) {
        const struct release *release = &heap->releases[i];
        buffer_printf(&names, "%s%.*s", i ? ", " : "", TEXT_ARGS(release->name));
        if (!version_is_aged(spelling) && release->tag.length)
            buffer_printf(&names, " (%.*s)", TEXT_ARGS(release->tag));
    }
    struct value error =
        value_error(heap, "there is no release %.*s, so it has no %.*s: %.*s has %s", TEXT_ARGS(spelling),
                    TEXT_ARGS(key), TEXT_ARGS(heap->releases[0].place), names.bytes);
    buffer_done(&names);
    return error;
}

static struct value lacking(struct heap *heap, const struct release *release, struct text key) {
    const struct {
        const char *name;
        struct text text;
    } fields[] = { { "tag", release->tag }, { "bin", release->bin }, { "image", release->image } };
    struct buffer given = { 0 };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].text.length) buffer_printf(&given, "%s%s", given.length ? " and " : "", fields[i].name);
    struct value error =
        value_error(heap, "release %.*s has no %.*s: %.*s gives %s", TEXT_ARGS(release->name), TEXT_ARGS(key),
                    TEXT_ARGS(release->place), given.length ? given.bytes : "nothing of it");
    buffer_done(&given);
    return error;
}

static const char *trouble_of(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return errno == ENOENT || errno == ENOTDIR ? "does not exist" : strerror(errno);
    if (!S_ISREG(status.st_mode)) return "is no file";
    return access(path, X_OK) == 0 ? NULL : "cannot be executed";
}

static struct value program_of(struct heap *heap, const struct release *release) {
    struct value path = value_text(heap, release->bin);
    const char *trouble = heap->releases_are_past ? NULL : trouble_of(value_text_of(path).bytes);
    if (!trouble) return path;
    value_release(path);
    return value_error(heap, "the program of release %.*s %s: %.*s (%.*s)", TEXT_ARGS(release->name), trouble,
                       TEXT_ARGS(release->bin), TEXT_ARGS(release->place));
}

struct value release_field(struct heap *heap, struct value version, struct text key) {
    struct text spelling = value_text_of(version);
    bool tag = text_is(key, "tag"), bin = text_is(key, "bin"), image = text_is(key, "image");
    if (!tag && !bin && !image) return value_error(heap, "a version has no field %.*s", TEXT_ARGS(key));
    if (tag && !version_is_aged(spelling)) return value_text(heap, spelling);
    const struct release *release = find(heap, spelling);
    if (!release) return unknown(heap, spelling, key);
    struct text text = tag ? release->tag : bin ? release->bin : release->image;
    if (!text.length) return lacking(heap, release, key);
    return bin ? program_of(heap, release) : value_text(heap, text);
}

struct value release_text(struct heap *heap, struct value version) {
    return release_field(heap, version, TEXT("tag"));
}

/* ---- in the record ---- */
static const char meta_key[] = "releases";

void releases_record(struct run *run) {
    struct heap *heap = run->heap;
    if (!run->recorder.record || heap->release_count == 0) return;
    struct buffer json = { 0 };
    struct json_writer writer = json_writer_on(&json);
    json_array_begin(&writer);
    for (size_t i = 0; i < heap->release_count; i++) {
        const struct release *release = &heap->releases[i];
        json_object_begin(&writer);
        json_key(&writer, "name");
        json_text(&writer, release->name);
        json_key(&writer, "tag");
        json_text(&writer, release->tag);
        json_key(&writer, "bin");
        json_text(&writer, release->bin);
        json_key(&writer, "image");
        json_text(&writer, release->image);
        json_key(&writer, "place");
        json_text(&writer, release->place);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    record_meta(run->recorder.record, meta_key, buffer_text(&json));
    buffer_done(&json);
}

/* Borrowed from the list, which the run keeps. */
static struct text read_field(struct value release, const char *key) {
    bool found;
    struct value field = value_field(release, text_of(key), &found);
    return found && field.kind == VALUE_TEXT ? value_text_of(field) : TEXT_NONE;
}

void releases_read(struct run *run) {
    struct heap *heap = run->heap;
    struct buffer json = { 0 };
    heap->releases = NULL;
    heap->release_count = 0;
    heap->releases_are_past = true;
    if (record_read_meta(run->options.replay, meta_key, &json)) {
        run->past_releases = value_from_json(heap, buffer_text(&json));
        size_t count = run->past_releases.kind == VALUE_LIST ? value_count(run->past_releases) : 0;
        run->past_release_rows = memory_allocate((count + 1) * sizeof *run->past_release_rows);
        for (size_t i = 0; i < count; i++) {
            struct value row = value_at(run->past_releases, i);
            if (row.kind != VALUE_RECORD) continue;
            run->past_release_rows[heap->release_count++] =
                (struct release){ read_field(row, "name"), read_field(row, "tag"), read_field(row, "bin"),
                                  read_field(row, "image"), read_field(row, "place") };
        }
        heap->releases = run->past_release_rows;
    }
    buffer_done(&json);
}
