# What other programs need: the libraries, the headers, the CMake package and the file of pkg-config. In a wheel all of
# it lies inside the Python package.
if(FASTLOSS_IS_WHEEL)
  set(CMAKE_INSTALL_LIBDIR lib)
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(FASTLOSS_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fastloss)
# A set of targets for each kind: who takes the shared library needs nothing of what the static one needs.
foreach(kind IN LISTS FASTLOSS_LIBRARIES)
  install(
    TARGETS fastloss_${kind}
    EXPORT fastloss_${kind}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT fastloss_${kind} NAMESPACE fastloss:: FILE fastloss_${kind}.cmake DESTINATION ${FASTLOSS_CMAKE_DIR})
endforeach()
install(DIRECTORY cpp/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cpp/cmake/fastlossConfig.cmake.in fastlossConfig.cmake
                              INSTALL_DESTINATION ${FASTLOSS_CMAKE_DIR})
write_basic_package_version_file(fastlossConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fastlossConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/fastlossConfigVersion.cmake
        DESTINATION ${FASTLOSS_CMAKE_DIR})

# pkg-config: the shared library, found at run time where it lies; with --static, what libfastloss.a needs. All paths
# follow the file, so that the prefix may move, unless it is a system's own: those need neither -I, -L nor rpath.
file(RELATIVE_PATH FASTLOSS_PC_INCLUDE ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
file(RELATIVE_PATH FASTLOSS_PC_LIB ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
if(CMAKE_INSTALL_FULL_LIBDIR IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  set(FASTLOSS_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(FASTLOSS_PC_LIBS -lfastloss)
else()
  file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" FASTLOSS_PC_PREFIX "\${pcfiledir}/${up}")
  set(FASTLOSS_PC_LIBS "-Wl,-rpath,\${libdir} -lfastloss")
endif()
set(private ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(FILTER private INCLUDE REGEX "^(stdc\\+\\+|c\\+\\+|m)$")
list(TRANSFORM private PREPEND -l)
list(REMOVE_DUPLICATES private)
string(REPLACE ";" " " FASTLOSS_PC_PRIVATE "${private};${CMAKE_THREAD_LIBS_INIT}")
set(FASTLOSS_PC_DEFINES -DFASTLOSS_SHARED)
if(NOT "shared" IN_LIST FASTLOSS_LIBRARIES)
  set(FASTLOSS_PC_LIBS "-lfastloss ${FASTLOSS_PC_PRIVATE}")
  set(FASTLOSS_PC_DEFINES "")
endif()
configure_file(cpp/cmake/fastloss.pc.in fastloss.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fastloss.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
