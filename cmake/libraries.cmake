# Third-party libraries, all from Debian 12, as targets with short names. Only the folder named in folder_library() links each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(system_library name module)
    pkg_check_modules(${name}_pc REQUIRED IMPORTED_TARGET GLOBAL ${module})
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE PkgConfig::${name}_pc)
endfunction()

system_library(utf8proc libutf8proc)
system_library(sqlite3 sqlite3)
system_library(uv libuv)
system_library(pcre2 libpcre2-8)
system_library(curl libcurl)
system_library(pq libpq)
system_library(openssl openssl)
system_library(cjson libcjson)
system_library(cares libcares)
system_library(yaml yaml-0.1)
system_library(protobuf_c libprotobuf-c)
system_library(criterion criterion)

# libpg_query has no pkg-config file. The archive is linked, so that its copies of PostgreSQL's functions stay inside
# the natives' module and never meet libpq's.
find_library(pg_query_archive NAMES libpg_query.a REQUIRED)
find_path(pg_query_include pg_query.h REQUIRED)
add_library(pg_query INTERFACE)
target_include_directories(pg_query SYSTEM INTERFACE "${pg_query_include}")
target_link_libraries(pg_query INTERFACE "${pg_query_archive}" protobuf_c)
# stdlib/sql/script.c takes the parser's tree before it is packed: `aot sql` is more than twice as fast.
target_link_options(pg_query INTERFACE -Wl,--wrap=pg_query__parse_result__get_packed_size,--wrap=pg_query__parse_result__pack)
