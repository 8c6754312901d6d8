# What `cmake --install BUILD --prefix PREFIX` (./dev install) installs:
#
#   bin/                      kata-runtime, containerd-shim-kata-v2
#   libexec/kata-containers/  kata-standin, kata-lookup-errors.so
#   share/kata-containers/    vmlinux.container, kata-containers-initrd.img, busybox-rootfs/, modules/
#
# No configuration file: the built-in defaults are the ones that fit the host, and a file would shadow them.
# Programs are stripped. Their debug information is beside them, in .debug/, where gdb and others look for it.
set(share share/kata-containers)

# kata_install_program(<target> <folder>): both files come from the build's own, so that installing again changes nothing; a program
# that runs is replaced and not written to.
function(kata_install_program target folder)
  install(
    CODE "
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
      set(program \"\${folder}/$<TARGET_FILE_NAME:${target}>\")
      set(debug \"\${folder}/.debug/$<TARGET_FILE_NAME:${target}>.debug\")
      message(STATUS \"Installing: \${program}\")
      file(MAKE_DIRECTORY \"\${folder}/.debug\")
      execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --only-keep-debug --compress-debug-sections \"$<TARGET_FILE:${target}>\" \"\${debug}\"
                      COMMAND_ERROR_IS_FATAL ANY)
      execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --strip-all --remove-section=.comment \"--add-gnu-debuglink=\${debug}\"
                              \"$<TARGET_FILE:${target}>\" \"\${program}.new\" COMMAND_ERROR_IS_FATAL ANY)
      file(CHMOD \"\${debug}\" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
      file(CHMOD \"\${program}.new\" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      file(RENAME \"\${program}.new\" \"\${program}\")
    ")
endfunction()

kata_install_program(kata-runtime bin)
kata_install_program(containerd-shim-kata-v2 bin)
install(PROGRAMS $<TARGET_FILE:kata-standin> DESTINATION libexec/kata-containers) # linked without debug information
install(PROGRAMS $<TARGET_FILE:kata-lookup-errors> DESTINATION libexec/kata-containers)

# ./dev image made these in the build directory. The names are links there to the chosen kernel and its initrd.
install(
  CODE "
    foreach(name vmlinux.container kata-containers-initrd.img)
      file(REAL_PATH \"${CMAKE_BINARY_DIR}/${share}/\${name}\" chosen)
      file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${share}\" TYPE FILE RENAME \${name} FILES \"\${chosen}\")
    endforeach()
    file(REMOVE_RECURSE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${share}/busybox-rootfs\")
    file(REMOVE_RECURSE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${share}/modules\")
  ")
install(DIRECTORY ${CMAKE_BINARY_DIR}/${share}/busybox-rootfs DESTINATION ${share} USE_SOURCE_PERMISSIONS)
install(DIRECTORY ${CMAKE_BINARY_DIR}/${share}/modules DESTINATION ${share} USE_SOURCE_PERMISSIONS OPTIONAL)
