# Heavy headers are read once for each group of targets and not once for each file (precompiled headers; measured in
# docs/dependencies.md). They are the headers of libraries and what protoc writes, never hand-written ones. A source still
# includes what it uses: the checks (./dev check, ./dev test apart) have no precompiled headers, so what forgot an include is
# found there.
#
# A group is what compiles with the same options. A target that reaches kata_proto gets the protocol's messages too.
set(standard
    <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <functional> <map> <memory> <mutex> <optional> <set>
    <string> <string_view> <thread> <unordered_map> <variant> <vector>)
set(protocol ${standard} [["lib/proto/agent.pb.h"]])
set(unit_test <gtest/gtest.h> <gmock/gmock.h>)

# What is installed is optimized; tests, and a program of the build, run once for each time that they are compiled.
set(run_once_options)
if(NOT KATA_SANITIZE)
  set(run_once_options -O0 -U_FORTIFY_SOURCE) # which needs an optimizing compiler
endif()

# kata_header_group(<name> HEADERS <header>... [LIBRARIES <target>...] [OPTIONS <option>...])
function(kata_header_group name)
  cmake_parse_arguments(GROUP "" "" "HEADERS;LIBRARIES;OPTIONS" ${ARGN})
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/cmake/headers.cc)
  target_link_libraries(${name} PRIVATE ${GROUP_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${GROUP_HEADERS})
  target_compile_options(${name} PRIVATE ${GROUP_OPTIONS})
  set(launcher ${CMAKE_SOURCE_DIR}/cmake/fresh_output.sh ${CMAKE_CXX_COMPILER_LAUNCHER}) # there may be no ccache
  set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "${launcher}")
endfunction()

kata_header_group(kata_headers HEADERS ${standard})
kata_header_group(kata_protocol_headers HEADERS ${protocol})
kata_header_group(kata_test_headers HEADERS ${standard} ${unit_test} LIBRARIES GTest::gtest GTest::gmock
                  OPTIONS ${run_once_options})
kata_header_group(kata_protocol_test_headers HEADERS ${protocol} ${unit_test} LIBRARIES GTest::gtest GTest::gmock
                  OPTIONS ${run_once_options})
# protoc comes first. (The library kata_proto itself uses the group.)
add_dependencies(kata_protocol_headers kata_proto_headers)
add_dependencies(kata_protocol_test_headers kata_proto_headers)

# kata_reaches(<variable> <target> <wanted>): whether the target links the other one, itself or through others.
function(kata_reaches variable target wanted)
  set(waiting ${target})
  set(seen)
  while(waiting)
    list(POP_FRONT waiting next)
    if(next STREQUAL wanted)
      set(${variable} TRUE PARENT_SCOPE)
      return()
    endif()
    if(TARGET ${next} AND NOT next IN_LIST seen)
      list(APPEND seen ${next})
      get_target_property(libraries ${next} INTERFACE_LINK_LIBRARIES)
      if(next STREQUAL target)
        get_target_property(libraries ${next} LINK_LIBRARIES)
      endif()
      if(libraries)
        list(APPEND waiting ${libraries})
      endif()
    endif()
  endwhile()
  set(${variable} FALSE PARENT_SCOPE)
endfunction()

# kata_use_headers(<target> [TEST]): the group is chosen when all targets are known.
function(kata_use_headers target)
  set_property(GLOBAL APPEND PROPERTY KATA_HEADER_USERS ${target})
  set_target_properties(${target} PROPERTIES KATA_HEADERS "${ARGN}")
endfunction()

function(kata_choose_headers)
  get_property(targets GLOBAL PROPERTY KATA_HEADER_USERS)
  foreach(target ${targets})
    get_target_property(test ${target} KATA_HEADERS)
    kata_reaches(protocol ${target} kata_proto)
    set(group kata)
    if(protocol)
      string(APPEND group _protocol)
    endif()
    if(test)
      string(APPEND group _test)
      target_compile_options(${target} PRIVATE ${run_once_options})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${group}_headers)
  endforeach()
endfunction()
