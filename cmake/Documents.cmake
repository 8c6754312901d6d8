# What the programs themselves say, as files to install: <build>/documents/ with man pages, bash completion and a
# configuration file in which every key is at its default, commented out.
set(documents ${CMAKE_BINARY_DIR}/documents)
set(manual ${CMAKE_SOURCE_DIR}/cmake/manual)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# kata_document(<name> <program> <words of the command>...)
function(kata_document name program)
  add_custom_command(
    OUTPUT ${documents}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${documents}
    COMMAND ${ARGN} > ${documents}/${name}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${documents}/${name}.new ${documents}/${name}
    DEPENDS ${program} ${manual}/manual.py ${manual}/${program}.roff
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY kata_documents ${documents}/${name})
endfunction()

foreach(program kata-runtime containerd-shim-kata-v2 kata-deploy)
  kata_document(${program}.8 ${program}
                ${Python3_EXECUTABLE} ${manual}/manual.py man $<TARGET_FILE:${program}> ${manual}/${program}.roff ${PROJECT_VERSION})
endforeach()
kata_document(kata-runtime.bash kata-runtime
              ${Python3_EXECUTABLE} ${manual}/manual.py completion $<TARGET_FILE:kata-runtime> - ${PROJECT_VERSION})
kata_document(configuration-qemu.toml kata-runtime $<TARGET_FILE:kata-runtime> --show-default-configuration)

get_property(all GLOBAL PROPERTY kata_documents)
# Not with a sanitizer, whose programs may have more to say.
if(NOT KATA_SANITIZE AND NOT KATA_FUZZ)
  add_custom_target(documents ALL DEPENDS ${all})
  add_dependencies(programs documents)
endif()
