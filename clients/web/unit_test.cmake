# `npm test` where the build has made the page. Run with -P by ctest.
if(NOT EXISTS ${BUILT})
  message("skipped: the page was not built: npm or its registry was away")
  return()
endif()
execute_process(COMMAND npm test WORKING_DIRECTORY ${DIR} COMMAND_ERROR_IS_FATAL ANY)
