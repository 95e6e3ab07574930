// Runs a bundle of seq2edge on iOS with TensorFlow Lite (docs/deploy/ios.md):
//   try Translator(folder: folder).translate("A dog runs.")
//   try Translator(folder: folder).check()    // compares with the bundle's test vectors

import Foundation
import SentencepieceTokenizer
import TensorFlowLite

/// A bundle of seq2edge: greedy search, for one caller at a time.
public final class Translator {
  private static let schemaVersion = 3
  private static let bos: Int32 = 2
  private static let eos: Int32 = 3

  private let folder: URL
  private let bundle: Manifest
  private let slots: Slots
  private let source: SentencepieceTokenizer
  private let target: SentencepieceTokenizer
  private let encoder: Signature
  private let step: Signature
  private let generator: Signature

  /// - Parameter folder: The bundle's files.
  public init(folder: URL, threads: Int = 1) throws {
    self.folder = folder
    bundle = try read("bundle.json", in: folder)
    guard bundle.schemaVersion == Self.schemaVersion else {
      throw TranslatorError.schemaVersion(bundle.schemaVersion)
    }
    // By default the package numbers tokens from 1.
    func tokenizer(_ name: String) throws -> SentencepieceTokenizer {
      try SentencepieceTokenizer(modelPath: folder.appendingPathComponent(name).path, tokenOffset: 0)
    }
    slots = Slots(count: bundle.processors.source.slots ?? 0)
    let joint = bundle.files["tokenizer.model"] != nil
    source = try tokenizer(joint ? "tokenizer.model" : "source.model")
    target = joint ? source : try tokenizer("target.model")

    var options = Interpreter.Options()
    options.threadCount = threads
    let model = folder.appendingPathComponent("model.tflite").path
    let interpreter = try Interpreter(modelPath: model, options: options)
    encoder = Signature(try interpreter.signatureRunner(with: "encode"))
    step = Signature(try interpreter.signatureRunner(with: "decode_step_1"))
    generator = Signature(try interpreter.signatureRunner(with: "generate"))
  }

  public func translate(_ text: String) throws -> String {
    let ids = try encode(text)
    return ids.count == 1 ? "" : try decode(text, try generate(ids))
  }

  /// Returns the ids of a source text, eos last. A text that is too long is truncated.
  public func encode(_ text: String) throws -> [Int32] {
    let ids = try source.encode(slots.mark(normalise(text))).prefix(bundle.sourceLength - 1)
    return ids.map(Int32.init) + [Self.eos]
  }

  /// Returns the target of a source text.
  public func decode(_ text: String, _ ids: [Int32]) throws -> String {
    slots.fill(normalise(text), try target.decode(ids.map(Int.init)))
  }

  /// Applies NFC or NFKC, removes invisible characters, and replaces runs of white space and control characters with
  /// single spaces. With "none" the text is not changed.
  public func normalise(_ text: String) -> String {
    if bundle.processors.source.normalisation == "none" { return text }
    let composed =
      bundle.processors.source.normalisation == "NFKC"
      ? text.precomposedStringWithCompatibilityMapping : text.precomposedStringWithCanonicalMapping
    let visible = composed.unicodeScalars.filter { !isInvisible($0.value) }
    return visible.split { isBlank($0.value) }.map { String($0) }.joined(separator: " ")
  }

  /// Runs the whole greedy search in one call.
  public func generate(_ sourceIds: [Int32]) throws -> [Int32] {
    try generator.run(["source_ids": padded(sourceIds)])
    let length = Int(try generator.output("length").values(of: Int32.self)[0])
    let ids = try generator.output("target_ids").values(of: Int32.self).prefix(length)
    return Array(ids.last == Self.eos ? ids.dropLast() : ids)
  }

  /// Runs greedy search step by step. `seen` gets the logits and the id of each step, and returns false to stop.
  @discardableResult
  public func search(
    _ sourceIds: [Int32], seen: (_ logits: [Float], _ id: Int32) -> Bool = { _, _ in true }
  ) throws -> [Int32] {
    try encoder.run(["source_ids": padded(sourceIds)])
    var inputs = ["token_ids": Input([Self.bos], shape: [1])]
    for name in bundle.signatures["encode"]!.outputs.keys {  // memory, memory_mask, states, copy_ids
      inputs[name] = Input(try encoder.output(name))
    }

    var found: [Int32] = []
    while found.count < bundle.targetLength {
      try step.run(inputs)
      let id = try step.output("top_ids").values(of: Int32.self)[0]  // pad, unk and bos are excluded
      if !seen(try step.output("logits").values(of: Float.self), id) || id == Self.eos { break }
      found.append(id)
      inputs["token_ids"] = Input([id], shape: [1])
      for state in bundle.states { inputs[state.name] = Input(try step.output(state.name)) }
    }
    return found
  }

  /// Compares with the bundle's test vectors.
  public func check() throws -> Agreement {
    let file: Vectors = try read("vectors.json", in: folder)
    var counted = Agreement(quantization: bundle.quantization, vectors: file.vectors.count)
    for vector in file.vectors {
      if try encode(vector.text) == vector.sourceIds { counted.sources += 1 }
      if try generate(vector.sourceIds) == vector.targetIds { counted.whole += 1 }
      var expected = vector.logits[...]
      let found = try search(vector.sourceIds) { logits, _ in
        for (logit, value) in zip(logits, expected.popFirst() ?? []) {
          counted.difference = max(counted.difference, abs(logit - value))
        }
        return true
      }
      if found == vector.targetIds { counted.stepwise += 1 }
    }
    return counted
  }

  /// Pads ids to one of a few lengths, because the interpreter allocates memory again for each new one.
  private func padded(_ ids: [Int32]) -> Input {
    let bucket = bundle.lengthBucket
    let length = (ids.count + bucket - 1) / bucket * bucket
    return Input(ids + Array(repeating: 0, count: length - ids.count), shape: [1, length])
  }
}

/// The number of test vectors with the same answer as when the bundle was exported.
public struct Agreement: CustomStringConvertible {
  let quantization: String
  let vectors: Int
  var sources = 0
  var whole = 0
  var stepwise = 0
  var difference: Float = 0

  var tolerance: Float { ["none": 1e-3, "float16": 1e-2][quantization] ?? 1 }

  /// Whether the check passed. float32 must agree exactly; int8 kernels differ between processors.
  public var passed: Bool {
    let needed = (quantization == "int8" ? 0.5 : 1) * Double(vectors)
    return sources == vectors && difference <= tolerance && Double(min(whole, stepwise)) >= needed
  }

  public var description: String {
    "\(vectors) vectors; the same: source_ids \(sources), target_ids by generate \(whole), by decode_step_1 "
      + "\(stepwise); largest difference of a logit \(difference), tolerance \(tolerance); \(passed ? "passed" : "FAILED")"
  }
}

public enum TranslatorError: Error {
  case schemaVersion(Int)
}

private struct Manifest: Decodable {
  struct State: Decodable { let name: String }
  struct File: Decodable { let bytes: Int }
  struct Tensor: Decodable { let dtype: String }
  struct Signature: Decodable { let outputs: [String: Tensor] }
  struct TextProcessor: Decodable {
    let normalisation: String
    let slots: Int?
  }
  struct Processors: Decodable { let source: TextProcessor }

  let schemaVersion, sourceLength, targetLength, lengthBucket: Int
  let quantization: String
  let processors: Processors
  let states: [State]
  let signatures: [String: Signature]
  let files: [String: File]
}

private struct Vectors: Decodable {
  struct Vector: Decodable {
    let text: String
    let sourceIds, targetIds: [Int32]
    let logits: [[Float]]
  }

  let vectors: [Vector]
}

private func read<Values: Decodable>(_ name: String, in folder: URL) throws -> Values {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(Values.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
}

/// An input of a signature.
private struct Input {
  let data: Data
  let shape: [Int]

  init(_ values: [Int32], shape: [Int]) {
    data = values.withUnsafeBytes { Data($0) }
    self.shape = shape
  }

  init(_ tensor: Tensor) {
    data = tensor.data
    shape = tensor.shape.dimensions
  }
}

/// A function in the model file. It remembers the shapes for which memory is allocated.
private final class Signature {
  private let runner: SignatureRunner
  private var shapes: [String: [Int]] = [:]

  init(_ runner: SignatureRunner) { self.runner = runner }

  func run(_ inputs: [String: Input]) throws {
    // First set all new shapes, then allocate memory, then copy values, because allocation moves the tensors.
    for (name, input) in inputs where shapes[name] != input.shape {
      try runner.resizeInput(named: name, toShape: Tensor.Shape(input.shape))
      shapes[name] = input.shape
    }
    try runner.allocateTensors()
    try runner.invoke(with: inputs.mapValues(\.data))
  }

  /// Returns a copy of an output.
  func output(_ name: String) throws -> Tensor { try runner.output(named: name) }
}

extension Tensor {
  fileprivate func values<Value: Numeric>(of type: Value.Type) -> [Value] {
    var values = [Value](repeating: 0, count: data.count / MemoryLayout<Value>.stride)
    _ = values.withUnsafeMutableBytes { data.copyBytes(to: $0) }
    return values
  }
}

private func isInvisible(_ sign: UInt32) -> Bool {
  switch sign {
  case 0x200B...0x200D, 0x2060, 0xFEFF, 0xAD: return true
  default: return false
  }
}

private func isBlank(_ sign: UInt32) -> Bool {
  switch sign {
  case 0...0x20, 0x7F...0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
  default: return false
  }
}
