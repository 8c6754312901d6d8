# cmake -D SOURCE=<dir> -D OUT=<file> -P Commit.cmake: writes the commit of the sources as a header, and leaves the file
# alone when it has not changed, so that a build of the same commit compiles nothing.
# safe.directory: root may build what belongs to somebody else.
execute_process(
  COMMAND git -c safe.directory=* -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
  RESULT_VARIABLE failed)
# A copy of the sources in somebody else's repository is not that repository's commit.
if(failed OR NOT EXISTS ${SOURCE}/.git)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define KATA_COMMIT \"@commit@\"\n" @ONLY)
