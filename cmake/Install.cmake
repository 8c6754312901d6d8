# What `cmake --install BUILD --prefix PREFIX` (./dev install) installs:
#
#   bin/                      kata-runtime, containerd-shim-kata-v2
#   libexec/kata-containers/  kata-standin, kata-lookup-errors.so
#   share/man/man8/, share/bash-completion/completions/
#   share/kata-containers/    vmlinux.container, kata-containers-initrd.img, busybox-rootfs/, modules/
#
# No configuration file: the built-in defaults are the ones that fit the host, and a file would shadow them.
# Programs are stripped. Their debug information is beside them, in .debug/, where gdb and others look for it.
#
# Packages and the tarball (docs/packages.md) take it in parts, by --component: "runtime", "guest", and "defaults", which
# nothing else installs: share/defaults/kata-containers/ with every key commented out, and what AppArmor and SELinux are to know; "deploy" has bin/kata-deploy, for Kubernetes'
# nodes, and its chart and manifests in share/kata-deploy/. The programs of a part have no debug
# information, and a build-id that does not depend on it (cmake/build-id.py).
set(share share/kata-containers)
set(defaults share/defaults/kata-containers)

# kata_install_program(<target> <folder> [<part>]): both files come from the build's own, so that installing again changes nothing; a program
# that runs is replaced and not written to.
function(kata_install_program target folder)
  set(part runtime)
  if(ARGC GREATER 2)
    set(part ${ARGV2})
  endif()
  install(
    CODE "
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
      set(program \"\${folder}/$<TARGET_FILE_NAME:${target}>\")
      set(debug \"\${folder}/.debug/$<TARGET_FILE_NAME:${target}>.debug\")
      message(STATUS \"Installing: \${program}\")
      file(MAKE_DIRECTORY \"\${folder}\")
      set(link)
      if(NOT CMAKE_INSTALL_COMPONENT)
        set(link \"--add-gnu-debuglink=\${debug}\")
        file(MAKE_DIRECTORY \"\${folder}/.debug\")
        execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --only-keep-debug --compress-debug-sections \"$<TARGET_FILE:${target}>\" \"\${debug}\"
                        COMMAND_ERROR_IS_FATAL ANY)
        file(CHMOD \"\${debug}\" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
      endif()
      execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --strip-all --remove-section=.comment \${link}
                              \"$<TARGET_FILE:${target}>\" \"\${program}.new\" COMMAND_ERROR_IS_FATAL ANY)
      if(CMAKE_INSTALL_COMPONENT)
        execute_process(COMMAND \"${CMAKE_SOURCE_DIR}/cmake/build-id.py\" \"\${program}.new\" COMMAND_ERROR_IS_FATAL ANY)
      endif()
      file(CHMOD \"\${program}.new\" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      file(RENAME \"\${program}.new\" \"\${program}\")
    "
    COMPONENT ${part})
endfunction()

kata_install_program(kata-runtime bin)
kata_install_program(containerd-shim-kata-v2 bin)
kata_install_program(kata-lookup-errors libexec/kata-containers)
kata_install_program(kata-deploy bin deploy)
install(DIRECTORY deploy/helm deploy/manifests DESTINATION share/kata-deploy COMPONENT deploy)
install(PROGRAMS $<TARGET_FILE:kata-standin> DESTINATION libexec/kata-containers COMPONENT runtime) # linked without debug information
if(TARGET documents)
  install(FILES ${documents}/kata-runtime.8 ${documents}/containerd-shim-kata-v2.8 DESTINATION share/man/man8 COMPONENT runtime)
  install(FILES ${documents}/kata-deploy.8 DESTINATION share/man/man8 COMPONENT deploy)
  install(FILES ${documents}/kata-runtime.bash DESTINATION share/bash-completion/completions RENAME kata-runtime COMPONENT runtime)
  install(FILES ${documents}/configuration-qemu.toml DESTINATION ${defaults} COMPONENT defaults EXCLUDE_FROM_ALL)
endif()
install(DIRECTORY security/apparmor security/selinux DESTINATION ${defaults} COMPONENT defaults EXCLUDE_FROM_ALL)
install(
  CODE "file(CREATE_LINK configuration-qemu.toml \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${defaults}/configuration.toml\" SYMBOLIC)"
  COMPONENT defaults EXCLUDE_FROM_ALL)

# ./dev image made these in the build directory. The names are links there to the chosen kernel and its initrd. Of the modules,
# those of the chosen kernel: no other one is installed that could load them.
install(
  CODE "
    set(made \"${CMAKE_BINARY_DIR}/${share}\")
    set(target \"\${CMAKE_INSTALL_PREFIX}/${share}\")
    foreach(name vmlinux.container kata-containers-initrd.img)
      file(REAL_PATH \"\${made}/\${name}\" chosen)
      file(INSTALL DESTINATION \"\${target}\" TYPE FILE RENAME \${name} FILES \"\${chosen}\")
    endforeach()
    file(REMOVE_RECURSE \"\$ENV{DESTDIR}\${target}/busybox-rootfs\" \"\$ENV{DESTDIR}\${target}/modules\")
    file(INSTALL DESTINATION \"\${target}\" TYPE DIRECTORY USE_SOURCE_PERMISSIONS FILES \"\${made}/busybox-rootfs\")
    file(STRINGS \"\${made}/vmlinux.container\" banner REGEX \"^Linux version [^ ]+ \" LIMIT_COUNT 1)
    string(REGEX REPLACE \"^Linux version ([^ ]+) .*\" \"\\\\1\" release \"\${banner}\")
    if(EXISTS \"\${made}/modules/\${release}\")
      file(INSTALL DESTINATION \"\${target}/modules\" TYPE DIRECTORY USE_SOURCE_PERMISSIONS FILES \"\${made}/modules/\${release}\")
    endif()
  "
  COMPONENT guest)
