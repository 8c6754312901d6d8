# Several sources of a target are compiled as one ("unity build"): what they all include, and the templates that they all
# use, cost once. It halves the CPU time of a first build (docs/dependencies.md, `./dev bench build`).
#
# So two sources of one room cannot have the same name in their anonymous namespaces: one of them says more. A source that
# cannot be told apart in that way is named as APART in its room. KATA_TOGETHER=OFF compiles each source alone; the checks do
# (./dev check), so what forgot an include is found there.
option(KATA_TOGETHER "Compile several sources of a room as one" ON)

# The files that include the sources name them from the root of the tree, or of what the build writes. CMake's own (UNITY_BUILD) have the whole path, which
# a test's __FILE__ repeats, so that ccache gives nothing to another source tree.
#
# The more are together, the less a first build costs (16 of runtime/sandbox: four fifths of twice 8), and the more an edit.
set(together_at_most 16)

# kata_compile_together(<target> [<source that is compiled apart>...])
function(kata_compile_together target)
  if(NOT KATA_TOGETHER)
    return()
  endif()
  get_target_property(waiting ${target} SOURCES)
  set(compiled)
  foreach(source ${ARGN})
    if(source IN_LIST waiting)
      list(APPEND compiled ${source})
    endif()
  endforeach()
  set(headers ${waiting})
  list(FILTER headers EXCLUDE REGEX "\\.cc$")
  list(APPEND compiled ${headers})
  list(REMOVE_ITEM waiting "" ${compiled})
  set(number 0)
  while(waiting)
    list(SUBLIST waiting 0 ${together_at_most} batch)
    list(REMOVE_ITEM waiting ${batch})
    list(TRANSFORM batch REPLACE "^${CMAKE_BINARY_DIR}/generated/" "")
    list(TRANSFORM batch REPLACE "^${CMAKE_SOURCE_DIR}/" "")
    list(TRANSFORM batch REPLACE "^(.+)$" "#include \"\\1\"\n")
    list(JOIN batch "" text)
    set(file ${CMAKE_BINARY_DIR}/together/${target}_${number}.cc)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
    list(APPEND compiled ${file})
    math(EXPR number "${number} + 1")
  endwhile()
  set_target_properties(${target} PROPERTIES SOURCES "${compiled}")
endfunction()
