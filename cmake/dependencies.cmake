# Everything comes from Debian 12's packages; deploy/packages.txt lists them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_library(HIREDIS hiredis REQUIRED)
find_library(NGHTTP2 nghttp2 REQUIRED)
find_library(RABBITMQ rabbitmq REQUIRED)
find_library(NATS nats REQUIRED)

# For programs that were measured to gain by it: they free on one thread what another has allocated
# (gRPC's threads and the reactors), which glibc's arenas pay for with locks; tcmalloc pays with
# memory. Linked by its full name: there is nothing in it to call, and the package of its headers
# brings far more. The sanitizers have allocators of their own.
if(NOT TRELLIS_SANITIZE)
  find_library(TCMALLOC libtcmalloc_minimal.so.4 REQUIRED)
  set(TRELLIS_TCMALLOC ${TCMALLOC})
endif()

find_library(PQXX pqxx REQUIRED)
find_library(PQ pq REQUIRED)
find_path(PQ_INCLUDE_DIR libpq-fe.h REQUIRED PATH_SUFFIXES postgresql)
add_library(libpqxx INTERFACE)
target_include_directories(libpqxx SYSTEM INTERFACE ${PQ_INCLUDE_DIR})
target_link_libraries(libpqxx INTERFACE ${PQXX} ${PQ})

# google/api and google/rpc come with Debian's grpc-gateway sources.
find_path(GOOGLEAPIS_PROTO_DIR google/api/annotations.proto REQUIRED
          PATHS /usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis)
