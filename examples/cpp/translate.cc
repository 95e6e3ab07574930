// Runs a bundle of seq2edge with TensorFlow Lite's C API and SentencePiece: greedy search, one text at a time.
//
//   translate BUNDLE            answers each line of standard input with one line
//   translate BUNDLE --check    compares with the bundle's test vectors

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <sentencepiece_processor.h>
#include <utf8proc.h>

#include "slots.h"

#if __has_include(<tensorflow/lite/c/c_api_experimental.h>)
#include <tensorflow/lite/c/c_api_experimental.h>  // includes c_api.h; up to 2.14 it also declares the functions for signatures
#else
#include <tflite/c/c_api_experimental.h>  // the same header in LiteRT's repository
#endif

using Ids = std::vector<int>;

constexpr int kPad = 0, kBos = 2, kEos = 3;
constexpr int kSchemaVersion = 3;
constexpr std::pair<int, int> kInvisible[] = {{0xAD, 0xAD}, {0x200B, 0x200D}, {0x2060, 0x2060}, {0xFEFF, 0xFEFF}};
constexpr std::pair<int, int> kBlank[] = {{0, 0x20},        {0x7F, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
                                          {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};

void Ensure(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

nlohmann::json ReadJson(const std::string& path) {
  std::ifstream file(path);
  Ensure(file.good(), path + ": cannot be read");
  return nlohmann::json::parse(file);
}

nlohmann::json ReadBundle(const std::string& folder) {
  nlohmann::json bundle = ReadJson(folder + "/bundle.json");
  Ensure(bundle.at("schema_version") == kSchemaVersion, folder + ": a bundle of another schema version");
  return bundle;
}

/// An input of a signature. Its values must stay valid until the signature is run.
struct Input {
  Input() = default;
  Input(const void* data, std::vector<int> shape) : data(data), shape(std::move(shape)) {}
  explicit Input(const TfLiteTensor* tensor) : data(TfLiteTensorData(tensor)) {
    for (int axis = 0; axis < TfLiteTensorNumDims(tensor); ++axis) shape.push_back(TfLiteTensorDim(tensor, axis));
  }

  const void* data = nullptr;
  std::vector<int> shape;
};

/// A function in the model file. Its outputs are valid until it is run again.
class Signature {
 public:
  Signature(TfLiteInterpreter* interpreter, const std::string& name)
      : name_(name), runner_(TfLiteInterpreterGetSignatureRunner(interpreter, name.c_str())) {
    Ensure(runner_, "model.tflite has no signature " + name);
  }
  Signature(const Signature&) = delete;
  ~Signature() { TfLiteSignatureRunnerDelete(runner_); }

  void Run(const std::map<std::string, Input>& inputs) {
    // First set all new shapes, then allocate memory, then copy values, because allocation moves the tensors.
    for (const auto& [name, input] : inputs) {
      if (Input(Tensor(name)).shape == input.shape) continue;
      const int axes = static_cast<int>(input.shape.size());
      Require(TfLiteSignatureRunnerResizeInputTensor(runner_, name.c_str(), input.shape.data(), axes), name);
      allocated_ = false;
    }
    if (!allocated_) Require(TfLiteSignatureRunnerAllocateTensors(runner_), "allocation");
    allocated_ = true;
    for (const auto& [name, input] : inputs) {
      TfLiteTensor* tensor = Tensor(name);
      Require(TfLiteTensorCopyFromBuffer(tensor, input.data, TfLiteTensorByteSize(tensor)), name);
    }
    Require(TfLiteSignatureRunnerInvoke(runner_), "run");
  }

  const TfLiteTensor* Output(const std::string& name) const {
    const TfLiteTensor* tensor = TfLiteSignatureRunnerGetOutputTensor(runner_, name.c_str());
    Ensure(tensor, name_ + " has no output " + name);
    return tensor;
  }

  template <typename T>
  const T* Values(const std::string& name) const {
    return static_cast<const T*>(TfLiteTensorData(Output(name)));
  }

 private:
  TfLiteTensor* Tensor(const std::string& name) {
    TfLiteTensor* tensor = TfLiteSignatureRunnerGetInputTensor(runner_, name.c_str());
    Ensure(tensor, name_ + " has no input " + name);
    return tensor;
  }
  void Require(TfLiteStatus status, const std::string& what) const {
    Ensure(status == kTfLiteOk, name_ + ": " + what + " failed");
  }

  std::string name_;
  TfLiteSignatureRunner* runner_;
  bool allocated_ = false;
};

/// Encodes text to token ids and decodes ids to text, as in training.
class Codec {
 public:
  Codec(const std::string& folder, const nlohmann::json& bundle)
      : form_(bundle.at("processors").at("source").at("normalisation").get<std::string>()),
        longest_(bundle.at("source_length")),
        slots_(bundle.at("processors").at("source").value("slots", 0)) {
    const bool joint = bundle.at("files").contains("tokenizer.model");
    Load(source_, folder + (joint ? "/tokenizer.model" : "/source.model"));
    Load(target_, folder + (joint ? "/tokenizer.model" : "/target.model"));
  }

  /// Returns the ids of a source text, eos last. A text that is too long is truncated.
  Ids Encode(const std::string& text) const {
    Ids ids = source_.EncodeAsIds(slots_.Mark(Normalise(text)));
    if (ids.size() > longest_ - 1) ids.resize(longest_ - 1);
    ids.push_back(kEos);
    return ids;
  }

  /// Returns the target of a source text.
  std::string Decode(const std::string& text, const Ids& ids) const {
    return slots_.Fill(Normalise(text), target_.DecodeIds(ids));
  }

  /// Applies NFC or NFKC, removes invisible characters, and replaces runs of white space and control characters with
  /// single spaces. With "none" the text is not changed.
  std::string Normalise(const std::string& text) const {
    if (form_ == "none") return text;
    const auto form = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                                     (form_ == "NFKC" ? UTF8PROC_COMPAT : 0));
    utf8proc_uint8_t* composed = nullptr;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t length = utf8proc_map(bytes, text.size(), &composed, form);
    Ensure(length >= 0, "the text is not UTF-8");
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);

    std::string clean;
    bool blank = false;
    for (utf8proc_ssize_t place = 0, size; place < length; place += size) {
      utf8proc_int32_t sign;
      size = utf8proc_iterate(composed + place, length - place, &sign);
      if (Among(kInvisible, sign)) continue;
      if (Among(kBlank, sign)) {
        blank = true;
        continue;
      }
      if (blank && !clean.empty()) clean += ' ';
      blank = false;
      clean.append(reinterpret_cast<const char*>(composed + place), size);
    }
    return clean;
  }

 private:
  template <typename Ranges>
  static bool Among(const Ranges& ranges, int sign) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [sign](const auto& range) { return range.first <= sign && sign <= range.second; });
  }
  static void Load(sentencepiece::SentencePieceProcessor& processor, const std::string& path) {
    Ensure(processor.Load(path).ok(), path + ": cannot be read");
  }

  std::string form_;
  size_t longest_;
  Slots slots_;
  sentencepiece::SentencePieceProcessor source_, target_;
};

/// A bundle, for one caller at a time.
class Translator {
 public:
  explicit Translator(const std::string& folder, int threads = 1)
      : bundle(ReadBundle(folder)), codec(folder, bundle) {
    model_.reset(TfLiteModelCreateFromFile((folder + "/model.tflite").c_str()));
    Ensure(model_ != nullptr, folder + "/model.tflite: cannot be read");
    std::unique_ptr<TfLiteInterpreterOptions, decltype(&TfLiteInterpreterOptionsDelete)> options(
        TfLiteInterpreterOptionsCreate(), &TfLiteInterpreterOptionsDelete);
    TfLiteInterpreterOptionsSetNumThreads(options.get(), threads);
    interpreter_.reset(TfLiteInterpreterCreate(model_.get(), options.get()));
    Ensure(interpreter_ != nullptr, folder + "/model.tflite: the runtime refuses it");
    encode_ = std::make_unique<Signature>(interpreter_.get(), "encode");
    step_ = std::make_unique<Signature>(interpreter_.get(), "decode_step_1");
    generate_ = std::make_unique<Signature>(interpreter_.get(), "generate");
    for (const auto& state : bundle.at("states")) states_.push_back(state.at("name"));
  }

  std::string Translate(const std::string& text) {
    const Ids ids = codec.Encode(text);
    return ids.size() == 1 ? "" : codec.Decode(text, Generate(ids));
  }

  /// Runs the whole greedy search in one call.
  Ids Generate(const Ids& source_ids) {
    const Ids padded = Padded(source_ids);
    generate_->Run({{"source_ids", {padded.data(), {1, static_cast<int>(padded.size())}}}});
    const int length = *generate_->Values<int32_t>("length");
    const int32_t* ids = generate_->Values<int32_t>("target_ids");
    Ids found(ids, ids + length);
    if (!found.empty() && found.back() == kEos) found.pop_back();
    return found;
  }

  /// Runs greedy search step by step. `seen` gets the logits and the id of each step, and returns false to stop.
  Ids Search(const Ids& source_ids, const std::function<bool(const float* logits, int id)>& seen) {
    const Ids padded = Padded(source_ids);
    encode_->Run({{"source_ids", {padded.data(), {1, static_cast<int>(padded.size())}}}});
    int32_t token = kBos;
    std::map<std::string, Input> inputs = {{"token_ids", {&token, {1}}}};
    // memory, memory_mask, states and, if the model copies, copy_ids
    for (const auto& output : bundle.at("signatures").at("encode").at("outputs").items())
      inputs[output.key()] = Input(encode_->Output(output.key()));

    const size_t longest = bundle.at("target_length");
    Ids found;
    while (found.size() < longest) {
      step_->Run(inputs);
      token = *step_->Values<int32_t>("top_ids");  // the most likely token; pad, unk and bos are excluded
      if (!seen(step_->Values<float>("logits"), token) || token == kEos) break;
      found.push_back(token);
      for (const std::string& state : states_) inputs[state] = Input(step_->Output(state));
    }
    return found;
  }

  const nlohmann::json bundle;
  const Codec codec;

 private:
  /// Pads ids to one of a few lengths, because the interpreter allocates memory again for each new one.
  Ids Padded(Ids ids) const {
    const size_t bucket = bundle.at("length_bucket");
    ids.resize((ids.size() + bucket - 1) / bucket * bucket, kPad);
    return ids;
  }

  std::unique_ptr<TfLiteModel, decltype(&TfLiteModelDelete)> model_{nullptr, &TfLiteModelDelete};
  std::unique_ptr<TfLiteInterpreter, decltype(&TfLiteInterpreterDelete)> interpreter_{nullptr,
                                                                                      &TfLiteInterpreterDelete};
  std::unique_ptr<Signature> encode_, step_, generate_;
  std::vector<std::string> states_;
};

/// Returns whether the test vectors are reproduced: exactly for float32; int8 kernels differ between processors.
bool Check(Translator& translator, const std::string& folder) {
  const std::string quantization = translator.bundle.at("quantization");
  const double tolerance = quantization == "none" ? 1e-3 : quantization == "float16" ? 1e-2 : 1.0;
  const double needed = quantization == "int8" ? 0.5 : 1.0;
  const nlohmann::json vectors = ReadJson(folder + "/vectors.json").at("vectors");
  size_t sources = 0, whole = 0, stepwise = 0;
  double difference = 0;
  for (const auto& vector : vectors) {
    const Ids source_ids = vector.at("source_ids"), target_ids = vector.at("target_ids");
    sources += translator.codec.Encode(vector.at("text")) == source_ids;
    whole += translator.Generate(source_ids) == target_ids;
    size_t step = 0;
    const Ids found = translator.Search(source_ids, [&](const float* logits, int) {
      if (step < vector.at("logits").size()) {
        for (const double expected : vector.at("logits")[step])
          difference = std::max(difference, std::abs(*logits++ - expected));
      }
      return ++step > 0;
    });
    stepwise += found == target_ids;
  }
  const bool passed = sources == vectors.size() && difference <= tolerance &&
                      std::min(whole, stepwise) >= needed * vectors.size();
  std::cout << vectors.size() << " vectors; the same: source_ids " << sources << ", target_ids by generate " << whole
            << ", by decode_step_1 " << stepwise << "; largest difference of a logit " << difference << ", tolerance "
            << tolerance << (passed ? "; passed\n" : "; FAILED\n");
  return passed;
}

int main(int count, char** words) try {
  const std::vector<std::string> arguments(words + 1, words + count);
  const bool check = arguments.size() == 2 && arguments[1] == "--check";
  Ensure(check || arguments.size() == 1, "usage: translate BUNDLE [--check]");
  Translator translator(arguments[0]);
  if (check) return Check(translator, arguments[0]) ? 0 : 1;
  for (std::string line; std::getline(std::cin, line);) std::cout << translator.Translate(line) << std::endl;
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
