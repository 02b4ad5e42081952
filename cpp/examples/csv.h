// A table of numbers read from a CSV file: a header, columns of features, and a last column with the class.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Table {
  std::size_t rows = 0, columns = 0;  // columns counts the features alone
  std::vector<float> features;        // rows x columns
  std::vector<std::int32_t> labels;   // numbers into classes
  std::vector<std::string> classes;   // in the order of their first row
};

inline std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) c == ',' ? fields.emplace_back() : fields.back().append(1, c);
  for (std::string& field : fields) {  // without the spaces around it, then without its quotes
    const std::size_t first = field.find_first_not_of(" \t\r");
    field = first == std::string::npos ? "" : field.substr(first, field.find_last_not_of(" \t\r") - first + 1);
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  }
  return fields;
}

// Throws std::runtime_error with the file, the line and the column of what is wrong.
inline Table read_csv(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error(path + ": is empty, wanted: a header and rows");
  const std::vector<std::string> names = csv_fields(line);
  if (names.size() < 2) throw std::runtime_error(path + ": the header has one column, wanted: features and a class");

  Table table;
  table.columns = names.size() - 1;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = path + ", line " + std::to_string(number);
    const std::vector<std::string> fields = csv_fields(line);
    if (fields.size() != names.size())
      throw std::runtime_error(where + ": has " + std::to_string(fields.size()) + " columns, the header has " +
                               std::to_string(names.size()));
    for (std::size_t j = 0; j < table.columns; ++j) {
      char* end = nullptr;
      const float x = std::strtof(fields[j].c_str(), &end);
      if (fields[j].empty() || *end != '\0' || !std::isfinite(x))
        throw std::runtime_error(where + ", column " + std::to_string(j + 1) + " (" + names[j] + "): '" + fields[j] +
                                 "' is not a finite number");
      table.features.push_back(x);
    }
    if (fields.back().empty()) throw std::runtime_error(where + ": has no class");
    const auto known = std::find(table.classes.begin(), table.classes.end(), fields.back());
    table.labels.push_back(static_cast<std::int32_t>(known - table.classes.begin()));
    if (known == table.classes.end()) table.classes.push_back(fields.back());
    ++table.rows;
  }
  if (table.classes.size() < 2)
    throw std::runtime_error(path + ": has " + std::to_string(table.rows) + " rows of " +
                             std::to_string(table.classes.size()) + " classes, wanted: at least two classes");
  return table;
}
