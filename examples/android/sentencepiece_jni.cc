// The native half of SentencePiece.kt. Names of functions contain the package of the class, seq2edge.

#include <jni.h>
#include <sentencepiece_processor.h>

#include <memory>
#include <string>
#include <vector>

using sentencepiece::SentencePieceProcessor;

namespace {

std::string Text(JNIEnv* env, jbyteArray bytes) {
  std::string text(env->GetArrayLength(bytes), '\0');
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(text.size()), reinterpret_cast<jbyte*>(text.data()));
  return text;
}

SentencePieceProcessor* Processor(jlong handle) { return reinterpret_cast<SentencePieceProcessor*>(handle); }

}  // namespace

extern "C" {

JNIEXPORT jlong JNICALL Java_seq2edge_SentencePiece_open(JNIEnv* env, jobject, jbyteArray path) {
  auto processor = std::make_unique<SentencePieceProcessor>();
  if (!processor->Load(Text(env, path)).ok()) return 0;
  return reinterpret_cast<jlong>(processor.release());
}

JNIEXPORT jintArray JNICALL Java_seq2edge_SentencePiece_encode(JNIEnv* env, jobject, jlong handle, jbyteArray text) {
  const std::vector<int> ids = Processor(handle)->EncodeAsIds(Text(env, text));
  const auto length = static_cast<jsize>(ids.size());
  jintArray array = env->NewIntArray(length);
  if (array) env->SetIntArrayRegion(array, 0, length, ids.data());
  return array;
}

JNIEXPORT jbyteArray JNICALL Java_seq2edge_SentencePiece_decode(JNIEnv* env, jobject, jlong handle, jintArray array) {
  std::vector<int> ids(env->GetArrayLength(array));
  env->GetIntArrayRegion(array, 0, static_cast<jsize>(ids.size()), ids.data());
  const std::string text = Processor(handle)->DecodeIds(ids);
  const auto length = static_cast<jsize>(text.size());
  jbyteArray bytes = env->NewByteArray(length);
  if (bytes) env->SetByteArrayRegion(bytes, 0, length, reinterpret_cast<const jbyte*>(text.data()));
  return bytes;
}

JNIEXPORT void JNICALL Java_seq2edge_SentencePiece_close(JNIEnv*, jobject, jlong handle) { delete Processor(handle); }

}
