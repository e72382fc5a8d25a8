# The build goes on where npm or its registry is missing, and the next one tries again. Run with -P
# by ctest; DIR is a directory of the test's own, SOURCE that of this file, CMAKE the cmake directory.
file(REMOVE_RECURSE ${DIR})

function(build npm) # the two steps of CMakeLists.txt
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE=${SOURCE} -DDIR=${DIR}/ui
                          -DSTAMP=${DIR}/stamp -DNPM=${npm} -P ${CMAKE}/npm_ci.cmake
                  COMMAND_ERROR_IS_FATAL ANY ERROR_VARIABLE said)
  execute_process(COMMAND ${CMAKE_COMMAND} -DOUT=${DIR}/ui.cc -DHEADER=ui.h -DNAMESPACE=n
                          -DFUNCTION=Files -DDIR=${DIR}/ui -DFILES=package.json,node_modules/a.js
                          -P ${CMAKE}/embed_files.cmake
                  COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${DIR}/ui.cc code)
  set(code ${code} PARENT_SCOPE)
  set(said ${said} PARENT_SCOPE)
endfunction()

foreach(npm /nonexistent/npm false)
  build(${npm})
  if(EXISTS ${DIR}/stamp OR NOT code MATCHES "return {};" OR code MATCHES "incbin")
    message(FATAL_ERROR "npm is ${npm}, and yet: ${code}")
  endif()
  if(NOT said MATCHES "built without its npm packages")
    message(FATAL_ERROR "npm is ${npm}, and nothing was said of it: ${said}")
  endif()
endforeach()

# Stands for an npm that works.
file(WRITE ${DIR}/npm "#!/bin/sh\nmkdir -p node_modules\necho x > node_modules/a.js\n")
file(CHMOD ${DIR}/npm PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
build(${DIR}/npm)
if(NOT EXISTS ${DIR}/stamp OR NOT code MATCHES "node_modules/a.js")
  message(FATAL_ERROR "npm works, and yet: ${code}")
endif()

# What was there before is not taken for what the lock file asks for.
build(false)
if(EXISTS ${DIR}/stamp OR code MATCHES "incbin")
  message(FATAL_ERROR "npm works no longer, and yet: ${code}")
endif()
