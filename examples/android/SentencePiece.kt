// SentencePiece for Translator.kt; the app builds sentencepiece_jni.cc with CMakeLists.txt beside it.

package seq2edge

import java.io.File

/** SentencePiece's own library, by sentencepiece_jni.cc. */
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

    // Texts cross as UTF-8 bytes: what JNI calls UTF-8 is not, beyond U+FFFF.
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
