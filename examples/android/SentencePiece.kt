// SentencePiece for Translator.kt. The app builds sentencepiece_jni.cc with the CMakeLists.txt in this folder.

package seq2edge

import java.io.File

/** A SentencePiece model, through sentencepiece_jni.cc. */
class SentencePiece(model: File) : AutoCloseable {
    private var handle = open(model.path.toByteArray())

    init {
        require(handle != 0L) { "$model: cannot be read" }
    }

    fun encode(text: String): IntArray = encode(handle, text.toByteArray())

    fun decode(ids: IntArray): String = String(decode(handle, ids))

    override fun close() {
        close(handle)
        handle = 0L
    }

    // Texts are passed as UTF-8 bytes, because JNI's own "modified UTF-8" differs from UTF-8 beyond U+FFFF.
    private external fun open(path: ByteArray): Long
    private external fun encode(handle: Long, text: ByteArray): IntArray
    private external fun decode(handle: Long, ids: IntArray): ByteArray
    private external fun close(handle: Long)

    private companion object {
        init {
            System.loadLibrary("sentencepiece_jni")
        }
    }
}
