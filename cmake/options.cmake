# How everything is compiled. Presets (CMakePresets.json) choose the build type and sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(TRELLIS_SANITIZE "" CACHE STRING "Value for -fsanitize=, for example address,undefined")

option(TRELLIS_FAILPOINTS "Places where a test can kill a process (mesh/base/failpoint.h)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(trellis_flags INTERFACE)
target_compile_options(trellis_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror)
target_include_directories(trellis_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(TRELLIS_SANITIZE)
  # GCC 12's data flow warnings take the sanitizers' own code for the program's.
  add_compile_options(-fsanitize=${TRELLIS_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined
                      -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${TRELLIS_SANITIZE})
endif()
