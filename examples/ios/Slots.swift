// Fills in the numbers, paths and placeholders of a text on iOS; Translator.swift uses it:
//   Slots(count: 8).mark("port 8080")    // "port ⟦1⟧8080"

import Foundation

/// Slots: tokens that stand for the numbers, paths and placeholders of a source. A slot token is written before each of
/// these items in the source. The target has the slot token instead of the item, which is filled in after decoding.
struct Slots {
  /// The number of slots of the bundle; with 0, texts stay as they are.
  let count: Int

  private static let open = "\u{27E6}"
  private static let close = "\u{27E7}"
  private static let slot = try! NSRegularExpression(pattern: "\(open)([0-9]+)\(close)")
  private static let item = try! NSRegularExpression(
    pattern: #"\{\{[^{}]*\}\}|\{[^{}]*\}|(?<![A-Za-z0-9_.~/\\-])(?:[A-Za-z]+:)?[A-Za-z0-9_.~-]*"#
      + #"(?:[/\\]+[A-Za-z0-9_.~%+@=&?#:-]*[A-Za-z0-9_~])+[/\\]?|[0-9]+(?:[.,:][0-9]+)*"#)

  /// Writes the slot token before each item of a normalised source.
  func mark(_ source: String) -> String {
    let items = items(of: source)
    return replaced(Self.item, in: source) { found in
      guard let place = items.firstIndex(of: found) else { return found }
      return "\(Self.open)\(place + 1)\(Self.close)\(found)"
    }
  }

  /// Replaces the slot tokens of a target by the items of its normalised source. Slots of no item vanish.
  func fill(_ source: String, _ target: String) -> String {
    if count == 0 || source.contains(Self.open) { return target }
    let items = items(of: source)
    return replaced(Self.slot, in: target) { found in
      guard let number = Int(found.dropFirst().dropLast()), items.indices.contains(number - 1) else { return "" }
      return items[number - 1]
    }
  }

  /// The different items of a source, at most as many as there are slots.
  private func items(of source: String) -> [String] {
    if count == 0 || source.contains(Self.open) { return [] }
    var items: [String] = []
    for range in ranges(of: Self.item, in: source) where items.count < count {
      let item = String(source[range])
      if !items.contains(item) { items.append(item) }
    }
    return items
  }

  private func ranges(of pattern: NSRegularExpression, in text: String) -> [Range<String.Index>] {
    let whole = NSRange(text.startIndex..., in: text)
    return pattern.matches(in: text, range: whole).compactMap { Range($0.range, in: text) }
  }

  private func replaced(_ pattern: NSRegularExpression, in text: String, by change: (String) -> String) -> String {
    var changed = ""
    var end = text.startIndex
    for range in ranges(of: pattern, in: text) {
      changed += text[end..<range.lowerBound] + change(String(text[range]))
      end = range.upperBound
    }
    return changed + text[end...]
  }
}
