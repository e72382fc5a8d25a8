#include "clients/cli/table.h"

#include <algorithm>

#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 8;  // what is left of a cut column on the narrowest terminal

}  // namespace

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, Columns(OneLine(row[i])));
    widths.push_back(width);
  }
  return widths;
}

std::string Table::Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths,
                        size_t limit) const {
  std::string line;
  size_t used = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    size_t room = 0;
    if (last && limit > 0) room = limit > used + kNarrowest ? limit - used : kNarrowest;
    const std::string cell = OneLine(cells[i], room);
    const std::string padding(widths[i] - std::min(widths[i], Columns(cell)), ' ');
    line += columns_[i].right ? padding + cell : last ? cell : cell + padding;
    if (!last) line += std::string(kGap, ' ');
    used += widths[i] + kGap;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::string Table::Render(const Terminal& terminal) const {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  const std::string header = Line(titles, Widths(), terminal.width);
  return (terminal.UsesColor() ? "\x1b[1m" + header + "\x1b[0m" : header) + "\n" +
         RenderRows(terminal);
}

std::string Table::RenderRows(const Terminal& terminal) const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (const auto& row : rows_) text += Line(row, widths, terminal.width) + "\n";
  return text;
}

std::string RenderFields(const std::vector<std::pair<std::string, std::string>>& fields) {
  size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : fields) {
    text += name + std::string(width - name.size() + kGap, ' ') + OneLine(value) + "\n";
  }
  return text;
}

}  // namespace trellis::cli
