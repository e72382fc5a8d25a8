# At build time: what the package.json and the lock file in SOURCE ask for, into DIR/node_modules.
# STAMP is written when it is there; where npm or its registry is missing, the build goes on without
# and the next one tries again. No package runs code of its own (.npmrc). NPM: another npm, for tests.
file(MAKE_DIRECTORY ${DIR})
file(REMOVE ${STAMP})
foreach(file package.json package-lock.json .npmrc)
  configure_file(${SOURCE}/${file} ${DIR}/${file} COPYONLY)
endforeach()
if(NOT NPM)
  find_program(NPM npm)
endif()
set(result "npm is not installed")
if(NPM)
  execute_process(COMMAND ${NPM} ci WORKING_DIRECTORY ${DIR} TIMEOUT 180
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
endif()
if(result EQUAL 0)
  file(TOUCH ${STAMP})
else()
  file(REMOVE_RECURSE ${DIR}/node_modules)
  message("${SOURCE}: built without its npm packages: ${result}\n${output}")
endif()
