// Runs a bundle of seq2edge on Android with LiteRT's Interpreter (docs/deploy/android.md):
//   Translator(unpack(context, "captions-int8")).translate("A dog runs.")
//   Translator(folder).check()    // compares with the bundle's test vectors

package seq2edge

import java.io.File
import java.text.Normalizer
import kotlin.math.abs
import org.json.JSONObject
import org.tensorflow.lite.Interpreter

/**
 * A bundle of seq2edge: greedy search, for one caller at a time.
 *
 * @param folder The bundle's files.
 */
class Translator(private val folder: File, threads: Int = 1) : AutoCloseable {
    private val bundle = json("bundle.json").also {
        require(it.getInt("schema_version") == SCHEMA_VERSION) { "$folder: a bundle of another schema version" }
    }
    private val joint = bundle.getJSONObject("files").has("tokenizer.model")
    private val source = SentencePiece(File(folder, if (joint) "tokenizer.model" else "source.model"))
    private val target = if (joint) source else SentencePiece(File(folder, "target.model"))
    private val slots = Slots(bundle.getJSONObject("processors").getJSONObject("source").optInt("slots"))
    private val interpreter = Interpreter(File(folder, "model.tflite"), Interpreter.Options().setNumThreads(threads))
    private val states = bundle.getJSONArray("states").let { all ->
        List(all.length()) { all.getJSONObject(it).getString("name") }
    }

    fun translate(text: String): String {
        val ids = encode(text)
        return if (ids.size == 1) "" else decode(text, generate(ids))
    }

    /** Returns the ids of a source text, eos last. A text that is too long is truncated. */
    fun encode(text: String): IntArray {
        val ids = source.encode(slots.mark(normalise(text)))
        return ids.copyOf(minOf(ids.size, bundle.getInt("source_length") - 1)) + EOS
    }

    /** Returns the target of a source text. */
    fun decode(text: String, ids: IntArray): String = slots.fill(normalise(text), target.decode(ids))

    /**
     * Applies NFC or NFKC, removes invisible characters, and replaces runs of white space and control characters with
     * single spaces. With "none" the text is not changed.
     */
    fun normalise(text: String): String {
        val form = bundle.getJSONObject("processors").getJSONObject("source").getString("normalisation")
        if (form == "none") return text
        return Normalizer.normalize(text, Normalizer.Form.valueOf(form)).replace(INVISIBLE, "").replace(BLANK, " ").trim(' ')
    }

    /** Runs the whole greedy search in one call. */
    fun generate(sourceIds: IntArray): IntArray {
        val ids = padded(sourceIds)
        val outputs = outputs("generate", ids.size, setOf("target_ids", "length"))
        interpreter.runSignature(mapOf("source_ids" to arrayOf(ids)), outputs, "generate")
        val length = (outputs["length"] as IntArray)[0]
        val found = (outputs["target_ids"] as Array<*>)[0] as IntArray
        return found.copyOf(if (length > 0 && found[length - 1] == EOS) length - 1 else length)
    }

    /** Runs greedy search step by step. `seen` gets the logits and the id of each step, and returns false to stop. */
    fun search(sourceIds: IntArray, seen: (logits: FloatArray, id: Int) -> Boolean = { _, _ -> true }): IntArray {
        val ids = padded(sourceIds)
        val encoded = outputs("encode", ids.size, names("encode")) // memory, memory_mask, states, copy_ids
        interpreter.runSignature(mapOf("source_ids" to arrayOf(ids)), encoded, "encode")
        val token = intArrayOf(BOS)
        val inputs = encoded + ("token_ids" to token)
        // Inputs are copied before a step and outputs after it, so one array serves as both for each state.
        val outputs = outputs("decode_step_1", ids.size, setOf("logits", "top_ids")) + encoded.filterKeys { it in states }

        val found = mutableListOf<Int>()
        while (found.size < bundle.getInt("target_length")) {
            interpreter.runSignature(inputs, outputs, "decode_step_1")
            token[0] = ((outputs["top_ids"] as Array<*>)[0] as IntArray)[0] // pad, unk and bos are excluded
            if (!seen((outputs["logits"] as Array<*>)[0] as FloatArray, token[0]) || token[0] == EOS) break
            found += token[0]
        }
        return found.toIntArray()
    }

    /** Compares with the bundle's test vectors. */
    fun check(): Agreement {
        val vectors = json("vectors.json").getJSONArray("vectors")
        val counted = Agreement(bundle.getString("quantization"), vectors.length())
        for (number in 0 until vectors.length()) {
            val vector = vectors.getJSONObject(number)
            val sourceIds = vector.ints("source_ids")
            val targetIds = vector.ints("target_ids")
            val expected = vector.getJSONArray("logits")
            if (encode(vector.getString("text")).contentEquals(sourceIds)) counted.sources++
            if (generate(sourceIds).contentEquals(targetIds)) counted.whole++
            var step = 0
            val found = search(sourceIds) { logits, _ ->
                if (step < expected.length()) {
                    val row = expected.getJSONArray(step)
                    for (place in 0 until row.length()) {
                        counted.difference = maxOf(counted.difference, abs(logits[place] - row.getDouble(place)))
                    }
                }
                step++ >= 0
            }
            if (found.contentEquals(targetIds)) counted.stepwise++
        }
        return counted
    }

    override fun close() {
        interpreter.close()
        source.close()
        if (!joint) target.close()
    }

    private fun json(name: String) = JSONObject(File(folder, name).readText())

    /** Pads ids to one of a few lengths, because the interpreter allocates memory again for each new one. */
    private fun padded(ids: IntArray): IntArray {
        val bucket = bundle.getInt("length_bucket")
        return ids.copyOf((ids.size + bucket - 1) / bucket * bucket) // padded with zeros, the id of pad
    }

    /** Returns the names of a signature's outputs. */
    private fun names(signature: String) =
        bundle.getJSONObject("signatures").getJSONObject(signature).getJSONObject("outputs").keys().asSequence().toList()

    /** Returns arrays for outputs of a signature. With arrays instead of buffers, inputs can change their shape. */
    private fun outputs(signature: String, sourceLength: Int, names: Collection<String>): Map<String, Any> {
        val specs = bundle.getJSONObject("signatures").getJSONObject(signature).getJSONObject("outputs")
        return names.associateWith { name ->
            val spec = specs.getJSONObject(name)
            val shape = spec.ints("shape").map { if (it < 0) sourceLength else it }.toIntArray()
            val type = if (spec.getString("dtype") == "int32") Int::class.java else Float::class.java
            java.lang.reflect.Array.newInstance(type, *shape)
        }
    }

    private fun JSONObject.ints(name: String) = getJSONArray(name).let { all -> IntArray(all.length()) { all.getInt(it) } }

    private companion object {
        const val SCHEMA_VERSION = 3
        const val BOS = 2
        const val EOS = 3
        val INVISIBLE = Regex("[\\u200B-\\u200D\\u2060\\uFEFF\\u00AD]")
        val BLANK = Regex("[\\u0000-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]+")
    }
}

/** The number of test vectors with the same answer as when the bundle was exported. */
class Agreement(quantization: String, val vectors: Int) {
    var sources = 0
    var whole = 0
    var stepwise = 0
    var difference = 0.0

    private val tolerance = mapOf("none" to 1e-3, "float16" to 1e-2)[quantization] ?: 1.0
    private val needed = if (quantization == "int8") 0.5 else 1.0

    /** Whether the check passed. float32 must agree exactly; int8 kernels differ between processors. */
    val passed
        get() = sources == vectors && difference <= tolerance && minOf(whole, stepwise) >= needed * vectors

    override fun toString() =
        "$vectors vectors; the same: source_ids $sources, target_ids by generate $whole, by decode_step_1 $stepwise; " +
            "largest difference of a logit $difference, tolerance $tolerance; " + if (passed) "passed" else "FAILED"
}
