# fastloss_export_only(<target> <pattern>...): of an ELF library nothing but these symbols is seen. Without it the
# weak symbols of the C++ library's templates are, and two libraries of a process could share theirs.
function(fastloss_export_only target)
  if(UNIX AND NOT APPLE)
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${target}.map)
    string(REPLACE ";" "; " symbols "${ARGN}")
    file(WRITE ${script} "{ global: ${symbols}; local: *; };\n")
    target_link_options(${target} PRIVATE "-Wl,--version-script=${script}")
  endif()
endfunction()
