# trellis_embed(OUT_CC NAMESPACE HEADER FILES...): a source file that defines, for each file x_y.lua,
# the string kXYLua declared in HEADER, so that scripts stay files of their own.
function(trellis_embed out namespace header)
  set(text "#include \"${header}\"\n\nnamespace ${namespace} {\n")
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} content)
    get_filename_component(base ${file} NAME_WE)
    string(REPLACE "_" ";" words ${base})
    set(name k)
    foreach(word ${words})
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND name ${first}${rest})
    endforeach()
    string(APPEND text "const char ${name}Lua[] = R\"lua(\n${content})lua\";\n")
  endforeach()
  string(APPEND text "}  // namespace ${namespace}\n")
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
endfunction()

# trellis_embed_migrations(OUT_CC NAMESPACE HEADER FILES...): a source file that defines
# MigrationFiles(), declared in HEADER, from the .sql files of a schema.
function(trellis_embed_migrations out namespace header)
  set(text "#include \"${header}\"\n\nnamespace ${namespace} {\n")
  string(APPEND text "std::vector<postgres::SqlFile> MigrationFiles() {\n  return {\n")
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} content)
    get_filename_component(name ${file} NAME)
    string(APPEND text "      {\"${name}\", R\"sql(${content})sql\"},\n")
  endforeach()
  string(APPEND text "  };\n}\n}  // namespace ${namespace}\n")
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
endfunction()

# trellis_embed_files(OUT_CC HEADER NAMESPACE FUNCTION DIR FILES... [DEPENDS...]): a source file that
# defines NAMESPACE::FUNCTION(), declared in HEADER, with files of DIR of any size (EmbeddedFile in
# mesh/base/embedded_file.h), made when the program is built; "a/*" is all files of a. The function
# gives none when one of them is missing then.
function(trellis_embed_files out header namespace function dir)
  cmake_parse_arguments(ARG "" "" "FILES;DEPENDS" ${ARGN})
  string(REPLACE ";" "," files "${ARG_FILES}")
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DHEADER=${header} -DNAMESPACE=${namespace}
            -DFUNCTION=${function} -DDIR=${dir} -DFILES=${files}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${ARG_DEPENDS} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake VERBATIM)
endfunction()

# trellis_descriptor_set(OUT INCLUDE_DIR PROTOS...): a google.protobuf.FileDescriptorSet with comments,
# of .proto files in INCLUDE_DIR and of all that they import.
function(trellis_descriptor_set out include)
  list(TRANSFORM ARGN PREPEND ${include}/ OUTPUT_VARIABLE sources)
  add_custom_command(
    OUTPUT ${out}
    COMMAND protobuf::protoc -I ${include} -I ${CMAKE_SOURCE_DIR}/proto -I ${GOOGLEAPIS_PROTO_DIR}
            --include_imports --include_source_info --descriptor_set_out=${out} ${sources}
    DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/proto/trellis/http/v1/options.proto VERBATIM)
endfunction()
