#ifndef MESH_POSTGRES_TESTING_CHECK_QUERIES_H_
#define MESH_POSTGRES_TESTING_CHECK_QUERIES_H_

#include <string>
#include <vector>

#include "mesh/postgres/query.h"

namespace trellis::postgres::testing {

// What is wrong with the annotations of queries, by what the server at `url` says of the statements
// when it prepares them against the schema that is there: one line "file:line: Name: what" for each
// parameter and column whose type is another, and for each column that may be null and is not said
// to, or the other way round. Of a column that is no table's own, or of a table that an outer join
// may leave out, the server does not know whether it may be null: there the annotation is believed
// (and reading a null throws). Blocks.
[[nodiscard]] std::vector<std::string> CheckQueries(const std::string& url,
                                                    const std::vector<QueryInfo>& queries);

}  // namespace trellis::postgres::testing

#endif  // MESH_POSTGRES_TESTING_CHECK_QUERIES_H_
