find_package(Python3 REQUIRED COMPONENTS Interpreter)

# trellis_queries(NAME NAMESPACE HEADER FILES...): a library of the typed functions that
# mesh/postgres/codegen/generate_queries.py makes of .sql files; included as HEADER.
function(trellis_queries name namespace header)
  set(generator ${CMAKE_SOURCE_DIR}/mesh/postgres/codegen/generate_queries.py)
  set(out ${CMAKE_BINARY_DIR}/gen/${header})
  string(REGEX REPLACE "\\.h$" ".cc" source ${out})
  add_custom_command(
    OUTPUT ${out} ${source}
    COMMAND Python3::Interpreter ${generator} --namespace ${namespace} --header ${header}
            --root ${CMAKE_SOURCE_DIR} --out-header ${out} --out-source ${source} ${ARGN}
    DEPENDS ${generator} ${ARGN} VERBATIM)
  trellis_library(${name} SOURCES ${source} DEPS mesh_postgres)
  target_include_directories(${name} PUBLIC ${CMAKE_BINARY_DIR}/gen)
endfunction()
