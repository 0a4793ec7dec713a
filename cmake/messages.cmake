# SPDX-License-Identifier: Apache-2.0
# The generated messages: made from protocol/schemas/ at build time, compiled into milena_protocol.
set(generator ${CMAKE_SOURCE_DIR}/codegen/generate_messages.py)
set(schemas ${CMAKE_SOURCE_DIR}/protocol/schemas)
set(generated ${CMAKE_BINARY_DIR}/generated/protocol/messages)
file(GLOB_RECURSE generator_inputs CONFIGURE_DEPENDS ${schemas}/*.json ${CMAKE_SOURCE_DIR}/codegen/*.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${generator_inputs})

execute_process(
    COMMAND ${Python3_EXECUTABLE} -B ${generator} ${schemas} ${generated} --list
    OUTPUT_VARIABLE message_files OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" message_files "${message_files}")
add_custom_command(
    OUTPUT ${message_files}
    COMMAND ${Python3_EXECUTABLE} -B ${generator} ${schemas} ${generated}
    DEPENDS ${generator_inputs}
    COMMENT "Generating the messages" VERBATIM)

# A source a message, compiled a dozen at a time: most of the cost is in the headers.
add_library(milena_messages OBJECT ${message_files})
target_include_directories(milena_messages PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(milena_messages PUBLIC milena_base)
set_target_properties(milena_messages PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
target_sources(milena_protocol PRIVATE $<TARGET_OBJECTS:milena_messages>)
add_dependencies(milena_protocol milena_messages)

# For tests only: all messages, chosen at run time, and functions that fill them with values. It is
# the only place that is compiled for each message, so its price counts.
set(filler ${CMAKE_BINARY_DIR}/generated/protocol/message_filler)
add_custom_command(
    OUTPUT ${filler}/message_filler.h ${filler}/message_filler.cc
    COMMAND ${Python3_EXECUTABLE} -B ${generator} ${schemas} ${filler} --fill
    DEPENDS ${generator_inputs}
    COMMENT "Generating what fills messages in tests" VERBATIM)
add_library(milena_any_message STATIC EXCLUDE_FROM_ALL
    ${CMAKE_SOURCE_DIR}/tests/protocol/any_message.cc ${filler}/message_filler.h ${filler}/message_filler.cc)
target_compile_options(milena_any_message PRIVATE -O0 -g0)
target_link_libraries(milena_any_message PUBLIC milena_protocol)
