# At build time: a C++ source that puts files into the program. Called by trellis_embed_files with
# OUT, HEADER, NAMESPACE, FUNCTION, DIR and FILES (separated by commas; "a/*" is all files of a, whose
# names only the build knows); where one of the files is missing, there are none. The source is written only when it changes; it names each file's hash,
# because the compiler does not see the files themselves.
string(REPLACE "," ";" FILES "${FILES}")
set(code "#include \"${HEADER}\"\n\n")
set(entries "")
set(index 0)
set(found "")
foreach(file ${FILES})
  if(file MATCHES "\\*")
    file(GLOB matches RELATIVE ${DIR} ${DIR}/${file})
    if(matches)
      set(file ${matches})
    endif()
  endif()
  list(APPEND found ${file})
endforeach()
foreach(file ${found})
  set(path ${DIR}/${file})
  if(NOT EXISTS ${path})
    set(code "#include \"${HEADER}\"\n\n")
    set(entries "")
    break()
  endif()
  file(SHA256 ${path} hash)
  get_filename_component(name ${file} NAME)
  set(label "trellis_${FUNCTION}_${index}")
  string(APPEND code
         "// ${hash}\n"
         "asm(\".pushsection .rodata\\n\"\n    \"${label}:\\n\"\n    \".incbin \\\"${path}\\\"\\n\"\n"
         "    \"${label}_end:\\n\"\n    \".popsection\\n\");\n"
         "extern const char file_${index}[] asm(\"${label}\");\n"
         "extern const char file_${index}_end[] asm(\"${label}_end\");\n")
  string(APPEND entries
         "    {\"${name}\", {file_${index}, static_cast<size_t>(file_${index}_end - file_${index})}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND code "\nnamespace ${NAMESPACE} {\nstd::span<const base::EmbeddedFile> ${FUNCTION}() {\n")
if(entries STREQUAL "")
  string(APPEND code "  return {};\n")
else()
  string(APPEND code "  static const base::EmbeddedFile files[] = {\n${entries}  };\n"
         "  return files;\n")
endif()
string(APPEND code "}\n}  // namespace ${NAMESPACE}\n")
file(CONFIGURE OUTPUT ${OUT} CONTENT "${code}" @ONLY)
