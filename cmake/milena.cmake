# SPDX-License-Identifier: Apache-2.0
# One library a folder and one test binary a folder of tests/; new sources are picked up by name.

# milena_library(NAME DEPENDENCY...): all .cc files of the folder (and of its sub-folders, but for those that are
# libraries of their own) become library milena_NAME.
function(milena_library name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
    list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
    foreach(source ${sources})
        get_filename_component(folder ${source} DIRECTORY)
        if(EXISTS ${folder}/CMakeLists.txt AND NOT folder STREQUAL CMAKE_CURRENT_SOURCE_DIR)
            list(REMOVE_ITEM sources ${source})
        endif()
    endforeach()
    if(sources)
        set(kind STATIC)
        set(scope PUBLIC)
    else()  # headers only
        set(kind INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(milena_${name} ${kind} ${sources})
    target_include_directories(milena_${name} ${scope} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(milena_${name} ${scope} ${ARGN})
endfunction()

# milena_test(NAME DEPENDENCY...): all *_test.cc files of the folder become one GoogleTest binary.
function(milena_test name)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
    add_executable(${name}_test ${sources})
    target_link_libraries(${name}_test PRIVATE ${ARGN} GTest::gtest_main)
    if(MILENA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
        # Instrumented code makes g++ see uninitialised members in copies of std::optional.
        target_compile_options(${name}_test PRIVATE -Wno-maybe-uninitialized)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
