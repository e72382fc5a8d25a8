# At build time: copies SETTINGS (separated by commas), src and public of SOURCE to DIR, where npm's
# packages are, and runs Vite, which writes DIR/dist. BUILT is written when the page is there; without
# STAMP, so without packages, the build goes on without it. What Vite refuses is an error.
file(REMOVE_RECURSE ${DIR}/src ${DIR}/public ${DIR}/dist)
file(REMOVE ${BUILT})
if(NOT EXISTS ${STAMP})
  return()
endif()
string(REPLACE "," ";" SETTINGS "${SETTINGS}")
foreach(name ${SETTINGS} src public)
  file(COPY ${SOURCE}/${name} DESTINATION ${DIR})
endforeach()
execute_process(COMMAND npm run --silent build WORKING_DIRECTORY ${DIR} TIMEOUT 180
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: npm run build: ${result}\n${output}")
endif()
file(TOUCH ${BUILT})
