# The lexer (re2c) and the parser (Lemon) are generated into the build folder; a warning or a conflict fails the build.
function(generate_lexer_and_parser target)
    set(out "${CMAKE_BINARY_DIR}/grammar")
    set(in "${CMAKE_SOURCE_DIR}/grammar")
    file(MAKE_DIRECTORY "${out}")
    file(GLOB tables CONFIGURE_DEPENDS "${in}/*.def")
    file(GLOB grammars CONFIGURE_DEPENDS "${in}/lexer.re" "${in}/parser.y")
    if("${in}/lexer.re" IN_LIST grammars)
        find_program(RE2C re2c REQUIRED)
        add_custom_command(OUTPUT "${out}/lexer.c"
            COMMAND "${RE2C}" -W -Werror --no-generation-date -o "${out}/lexer.c" grammar/lexer.re
            WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" DEPENDS "${in}/lexer.re" ${tables} COMMENT "re2c lexer.re" VERBATIM)
        target_sources(${target} PRIVATE "${out}/lexer.c")
        set_source_files_properties("${out}/lexer.c" PROPERTIES COMPILE_OPTIONS "-Wno-unused-variable;-Wno-unused-label")
    endif()
    if("${in}/parser.y" IN_LIST grammars)
        find_program(LEMON lemon REQUIRED)
        add_custom_command(OUTPUT "${out}/parser.c" "${out}/parser.h" BYPRODUCTS "${out}/parser.out"
            COMMAND "${LEMON}" "-d${out}" grammar/parser.y
            WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" DEPENDS "${in}/parser.y" COMMENT "lemon parser.y" VERBATIM)
        target_sources(${target} PRIVATE "${out}/parser.c" "${out}/parser.h")
        # Lemon's template: helpers without prototypes or without a caller, comparisons that are always true.
        set_source_files_properties("${out}/parser.c" PROPERTIES COMPILE_OPTIONS
            "-Wno-missing-prototypes;-Wno-unused-parameter;-Wno-unused-variable;-Wno-unused-function;-Wno-type-limits;-Wno-shadow;-Wno-sign-compare")
    endif()
endfunction()
