#ifndef CLIENTS_CLI_LOAD_CHART_H_
#define CLIENTS_CLI_LOAD_CHART_H_

#include <string>
#include <string_view>
#include <vector>

// Charts and tables as parts of an HTML page: inline SVG whose colours are CSS classes of the page.
// Thread-safe.
namespace trellis::cli::load {

// & < > " ' as entities.
[[nodiscard]] std::string Escaped(std::string_view text);

struct Line {
  std::string name;
  std::string css_class;
  std::vector<double> values;  // one for each x; negative: none there
};
// Lines over time with a logarithmic axis of milliseconds. `seconds`: the x of each value.
[[nodiscard]] std::string LineChart(const std::string& title, const std::vector<double>& seconds,
                                    const std::vector<Line>& lines);

struct Column {
  std::string label;    // below it
  std::string tooltip;  // all about it
  double value = 0;
};
[[nodiscard]] std::string ColumnChart(const std::string& title, const std::string& below,
                                      const std::vector<Column>& columns);

struct HtmlTable {
  std::vector<std::string> titles;  // the first column is text, others are numbers
  std::vector<std::vector<std::string>> rows;
  bool last_is_text = false;
};
[[nodiscard]] std::string RenderHtml(const HtmlTable& table);

// A table that is unfolded by a click.
[[nodiscard]] std::string AsTable(const HtmlTable& table);

}  // namespace trellis::cli::load

#endif  // CLIENTS_CLI_LOAD_CHART_H_
