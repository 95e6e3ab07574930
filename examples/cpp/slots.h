// Fills in the numbers, paths and placeholders of a text; translate.cc uses it:
//   Slots(8).Mark("port 8080")    // "port ⟦1⟧8080"
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

/// Slots: tokens that stand for the numbers, paths and placeholders of a source. A slot token is written before each of
/// these items in the source. The target has the slot token instead of the item, which is filled in after decoding.
class Slots {
 public:
  /// `count`: the number of slots of the bundle; with 0, texts stay as they are.
  explicit Slots(size_t count) : count_(count) {}

  /// Writes the slot token before each item of a normalised source.
  std::string Mark(const std::string& source) const {
    const auto items = Items(source);
    std::string marked;
    size_t end = 0;
    for (const auto& [start, item] : Found(items.empty() ? "" : source)) {
      marked += source.substr(end, start - end);
      const auto place = std::find(items.begin(), items.end(), item);
      if (place != items.end()) marked += kOpen + std::to_string(place - items.begin() + 1) + kClose;
      end = start;
    }
    return marked + source.substr(end);
  }

  /// Replaces the slot tokens of a target by the items of its normalised source. Slots of no item vanish.
  std::string Fill(const std::string& source, const std::string& target) const {
    if (count_ == 0 || source.find(kOpen) != std::string::npos) return target;
    const auto items = Items(source);
    std::string filled = target;
    for (size_t number = 1; number <= count_; ++number) {
      const std::string token = kOpen + std::to_string(number) + kClose;
      const std::string item = number <= items.size() ? items[number - 1] : "";
      for (size_t place = 0; (place = filled.find(token, place)) != std::string::npos; place += item.size())
        filled.replace(place, token.size(), item);
    }
    return filled;
  }

 private:
  /// The different items of a source, at most as many as there are slots.
  std::vector<std::string> Items(const std::string& source) const {
    std::vector<std::string> items;
    if (count_ == 0 || source.find(kOpen) != std::string::npos) return items;
    for (const auto& [start, item] : Found(source)) {
      if (items.size() == count_) break;
      if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
    }
    return items;
  }

  /// All items of a text, with their places in bytes.
  static std::vector<std::pair<size_t, std::string>> Found(const std::string& text) {
    std::vector<std::pair<size_t, std::string>> found;
    for (size_t place = 0; place < text.size();) {
      size_t end = EndOfPlaceholder(text, place);
      // A path starts after a character that cannot be part of one.
      if (end == place && (place == 0 || !(IsName(text[place - 1]) || IsSlash(text[place - 1]))))
        end = EndOfPath(text, place);
      if (end == place) end = EndOfNumber(text, place);
      if (end > place) found.emplace_back(place, text.substr(place, end - place));
      place = std::max(end, place + 1);
    }
    return found;
  }

  // Each of these returns where an item that starts at `start` ends, or `start` if there is none.

  /// {{name}} or {0}
  static size_t EndOfPlaceholder(const std::string& text, size_t start) {
    for (const std::string open : {"{{", "{"}) {
      if (text.compare(start, open.size(), open) != 0) continue;
      const size_t end = text.find_first_of("{}", start + open.size());
      const std::string close(open.size(), '}');
      if (end != std::string::npos && text.compare(end, close.size(), close) == 0) return end + close.size();
    }
    return start;
  }

  /// a/b, C:\a or https://a.b/c
  static size_t EndOfPath(const std::string& text, size_t start) {
    const size_t colon = Run(text, start, IsLetter);
    const bool has_scheme = colon > start && colon < text.size() && text[colon] == ':';
    for (const size_t first : {has_scheme ? colon + 1 : start, start}) {
      const size_t slash = Run(text, first, IsName), end = EndOfNames(text, slash);
      if (end > slash) return end;
    }
    return start;
  }

  /// The part of a path from its first slash: slashes and names in turn, and a slash at the end.
  static size_t EndOfNames(const std::string& text, size_t start) {
    size_t end = start;
    while (true) {
      const size_t name = Run(text, end, IsSlash);
      size_t last = Run(text, name, IsOfAddress);
      while (last > name && !IsWord(text[last - 1])) --last;
      if (name == end || last == name) break;
      end = last;
    }
    return end > start && end < text.size() && IsSlash(text[end]) ? end + 1 : end;
  }

  /// 7, 1,000, 3.14 or 12:30
  static size_t EndOfNumber(const std::string& text, size_t start) {
    size_t end = Run(text, start, IsDigit);
    while (end > start && end < text.size() && std::strchr(".,:", text[end])) {
      const size_t next = Run(text, end + 1, IsDigit);
      if (next == end + 1) break;
      end = next;
    }
    return end;
  }

  static size_t Run(const std::string& text, size_t place, bool (*is)(char)) {
    while (place < text.size() && is(text[place])) ++place;
    return place;
  }
  static bool IsLetter(char sign) { return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z'); }
  static bool IsDigit(char sign) { return sign >= '0' && sign <= '9'; }
  static bool IsSlash(char sign) { return sign == '/' || sign == '\\'; }
  static bool IsWord(char sign) { return IsLetter(sign) || IsDigit(sign) || sign == '_' || sign == '~'; }
  static bool IsName(char sign) { return IsWord(sign) || sign == '.' || sign == '-'; }
  static bool IsOfAddress(char sign) { return IsName(sign) || (sign != 0 && std::strchr("%+@=&?#:", sign)); }

  inline static const std::string kOpen = "\u27E6", kClose = "\u27E7";
  size_t count_;
};
