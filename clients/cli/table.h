#ifndef CLIENTS_CLI_TABLE_H_
#define CLIENTS_CLI_TABLE_H_

#include <string>
#include <vector>

#include "clients/cli/terminal.h"

namespace trellis::cli {

// Rows under bold titles, in columns as wide as they need be. Cells are escaped (text.h); where the
// terminal is too narrow the last column is cut, and into a pipe nothing is. Not thread-safe.
class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column.
  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // Every line ends with a newline; an empty table is its titles.
  [[nodiscard]] std::string Render(const Terminal& terminal) const;
  // The rows without the titles.
  [[nodiscard]] std::string RenderRows(const Terminal& terminal) const;

 private:
  [[nodiscard]] std::vector<size_t> Widths() const;
  [[nodiscard]] std::string Line(const std::vector<std::string>& cells,
                                 const std::vector<size_t>& widths, size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "name  value" lines, the names in one column. Values are escaped.
[[nodiscard]] std::string RenderFields(
    const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace trellis::cli

#endif  // CLIENTS_CLI_TABLE_H_
