#include "clients/cli/load/chart.h"

#include <algorithm>
#include <cmath>

#include "clients/cli/load/figures.h"

namespace trellis::cli::load {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 280;
constexpr double kLeft = 64;  // of the plot, with room for the axis' labels
constexpr double kRight = kWidth - 12;
constexpr double kTop = 12;
constexpr double kBottom = kHeight - 44;
constexpr double kWidestBar = 80;

std::string Text(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + FormatNumber(x) + "\" y=\"" + FormatNumber(y) + "\" text-anchor=\"" +
         anchor + "\">" + Escaped(text) + "</text>\n";
}

std::string Begin(const std::string& title) {
  return "<svg viewBox=\"0 0 " + FormatNumber(kWidth) + " " + FormatNumber(kHeight) +
         "\" role=\"img\" aria-label=\"" + Escaped(title) + "\">\n";
}

std::string GridLine(double y, const std::string& label) {
  return "<line class=\"grid\" x1=\"" + FormatNumber(kLeft) + "\" x2=\"" + FormatNumber(kRight) +
         "\" y1=\"" + FormatNumber(y) + "\" y2=\"" + FormatNumber(y) + "\"/>\n" +
         Text(kLeft - 6, y + 4, "end", label);
}

// 1, 2 or 5 times a power of ten, for at most `most` steps up to `greatest`.
double Step(double greatest, double most) {
  const double rough = std::max(greatest, 1e-9) / most;
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * decade >= rough) return step * decade;
  }
  return decade * 10;
}

// Powers of ten that hold all values.
class LogAxis {
 public:
  explicit LogAxis(const std::vector<Line>& lines) {
    double least = 1e9;
    double greatest = 0;
    for (const Line& line : lines) {
      for (const double value : line.values) {
        if (value <= 0) continue;
        least = std::min(least, value);
        greatest = std::max(greatest, value);
      }
    }
    if (greatest == 0) least = greatest = 1;
    low_ = static_cast<int>(std::floor(std::log10(least)));
    high_ = std::max(low_ + 1, static_cast<int>(std::ceil(std::log10(greatest))));
  }

  [[nodiscard]] double Y(double value) const {
    const double power = std::log10(std::max(value, std::pow(10, low_)));
    return kBottom - (power - low_) / (high_ - low_) * (kBottom - kTop);
  }
  [[nodiscard]] std::string Grid() const {
    std::string svg;
    for (int power = low_; power <= high_; ++power) {
      const double ms = std::pow(10, power);
      svg +=
          GridLine(Y(ms), ms >= 1000 ? FormatNumber(ms / 1000) + " s" : FormatNumber(ms) + " ms");
    }
    return svg;
  }

 private:
  int low_ = 0;
  int high_ = 1;
};

std::string Path(const Line& line, const std::vector<double>& seconds, double span,
                 const LogAxis& axis) {
  std::string points;
  bool pen_down = false;
  for (size_t i = 0; i < seconds.size(); ++i) {
    const double value = line.values[i];
    if (value >= 0) {
      points += (pen_down ? "L" : "M") +
                FormatNumber(kLeft + seconds[i] / span * (kRight - kLeft)) + " " +
                FormatNumber(axis.Y(value));
      if (!pen_down) points += "h0";  // so that a point alone is a dot
    }
    pen_down = value >= 0;
  }
  return "<path class=\"line " + line.css_class + "\" d=\"" + points + "\"/>\n";
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string LineChart(const std::string& title, const std::vector<double>& seconds,
                      const std::vector<Line>& lines) {
  const LogAxis axis(lines);
  const double span = seconds.empty() ? 1 : std::max(seconds.back(), 1e-3);
  std::string svg = Begin(title) + axis.Grid();
  const double step = Step(span, 10);
  for (double x = 0; x <= span * 1.0001; x += step) {
    svg += Text(kLeft + x / span * (kRight - kLeft), kBottom + 18, "middle", FormatNumber(x));
  }
  svg += Text((kLeft + kRight) / 2, kHeight - 6, "middle", "seconds from the start");
  for (const Line& line : lines) svg += Path(line, seconds, span, axis);
  svg += "</svg>\n<p class=\"legend\">";
  for (const Line& line : lines) {
    svg += "<span><i class=\"key " + line.css_class + "\"></i>" + Escaped(line.name) + "</span>";
  }
  return svg + "</p>\n";
}

std::string ColumnChart(const std::string& title, const std::string& below,
                        const std::vector<Column>& columns) {
  double greatest = 1;
  for (const Column& column : columns) greatest = std::max(greatest, column.value);
  std::string svg = Begin(title);
  const double step = std::max(1.0, Step(greatest, 5));
  const double top = std::ceil(greatest / step) * step;
  for (double value = 0; value <= top * 1.0001; value += step) {
    svg += GridLine(kBottom - value / top * (kBottom - kTop), FormatNumber(value));
  }
  const double slot = (kRight - kLeft) / std::max<double>(1, static_cast<double>(columns.size()));
  // As many labels as fit.
  const auto every = static_cast<size_t>(std::ceil(64 / slot));
  for (size_t i = 0; i < columns.size(); ++i) {
    const double x = kLeft + slot * static_cast<double>(i);
    // What is not zero can be seen.
    const double share = columns[i].value / top * (kBottom - kTop);
    const double height = columns[i].value > 0 ? std::max(share, 1.5) : 0;
    const double width = std::min(slot * 0.84, kWidestBar);
    svg += "<rect class=\"bar\" x=\"" + FormatNumber(x + (slot - width) / 2) + "\" y=\"" +
           FormatNumber(kBottom - height) + "\" width=\"" + FormatNumber(width) + "\" height=\"" +
           FormatNumber(height) + "\"><title>" + Escaped(columns[i].tooltip) + "</title></rect>\n";
    if (i % every == 0) svg += Text(x + slot / 2, kBottom + 18, "middle", columns[i].label);
  }
  return svg + Text((kLeft + kRight) / 2, kHeight - 6, "middle", below) + "</svg>\n";
}

std::string RenderHtml(const HtmlTable& table) {
  const auto css = [&table](size_t i) {
    const bool text = i == 0 || (table.last_is_text && i + 1 == table.titles.size());
    return text ? "" : " class=\"number\"";
  };
  std::string html = "<table>\n<thead><tr>";
  for (size_t i = 0; i < table.titles.size(); ++i) {
    html += std::string("<th scope=\"col\"") + css(i) + ">" + Escaped(table.titles[i]) + "</th>";
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      html += std::string("<td") + css(i) + ">" + Escaped(row[i]) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

std::string AsTable(const HtmlTable& table) {
  return "<details><summary>As a table</summary>\n" + RenderHtml(table) + "</details>\n";
}

}  // namespace trellis::cli::load
