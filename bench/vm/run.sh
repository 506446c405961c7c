#!/bin/sh
# Claim: the machine's calls and arithmetic take at most 1.5 times what Lua 5.4 takes. fib(32) and a loop of 50 million steps,
# processor time, run in turn with Lua; medians of ROUNDS (11) and their ratio. Exits 1 above the limit.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${AOT_BUILD:-$root/build/release}
rounds=${ROUNDS:-11}
limit=${LIMIT:-1.5}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cmake --build "$build" --target aot_vm >"$out/build.log" 2>&1 || { cat "$out/build.log" >&2; exit 2; }
# shellcheck disable=SC2046
"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O2 -DNDEBUG -I"$root" "$root/bench/vm/arithmetic.c" "$build/libaot_vm.a" "$build/libaot_record.a" \
    "$build/libaot_bytecode.a" "$build/libaot_base.a" $(pkg-config --libs libuv libpcre2-8 libutf8proc sqlite3) -lm -o "$out/arithmetic"

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
failed=0
printf '| program | aot | Lua 5.4 | ratio |\n|---|---|---|---|\n'
for program in fib loop; do
    : >"$out/aot"; : >"$out/lua"
    i=0
    while [ "$i" -lt "$rounds" ]; do
        "$out/arithmetic" "$program" >>"$out/aot"
        lua5.4 "$root/bench/vm/arithmetic.lua" "$program" >>"$out/lua"
        i=$((i + 1))
    done
    ours=$(median "$out/aot") theirs=$(median "$out/lua")
    awk -v p="$program" -v a="$ours" -v b="$theirs" -v l="$limit" \
        'BEGIN { printf "| %s | %.0f ms | %.0f ms | %.2f |\n", p, a, b, a / b; exit a / b > l }' || failed=1
done
exit $failed
