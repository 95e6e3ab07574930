// Fills in the numbers, paths and placeholders of a text on Android; Translator.kt uses it:
//   Slots(8).mark("port 8080")    // "port ⟦1⟧8080"

package seq2edge

/**
 * Slots: tokens that stand for the numbers, paths and placeholders of a source. A slot token is written before each of
 * these items in the source. The target has the slot token instead of the item, which is filled in after decoding.
 *
 * @param count The number of slots of the bundle; with 0, texts stay as they are.
 */
class Slots(private val count: Int) {
    /** Writes the slot token before each item of a normalised source. */
    fun mark(source: String): String {
        val items = items(source)
        return ITEM.replace(source) { found ->
            val number = items.indexOf(found.value) + 1
            if (number > 0) "$OPEN$number$CLOSE${found.value}" else found.value
        }
    }

    /** Replaces the slot tokens of a target by the items of its normalised source. Slots of no item vanish. */
    fun fill(source: String, target: String): String {
        if (count == 0 || OPEN in source) return target
        val items = items(source)
        return SLOT.replace(target) { found -> found.groupValues[1].toIntOrNull()?.let { items.getOrNull(it - 1) } ?: "" }
    }

    /** The different items of a source, at most as many as there are slots. */
    private fun items(source: String): List<String> =
        if (count == 0 || OPEN in source) emptyList()
        else ITEM.findAll(source).map { it.value }.distinct().take(count).toList()

    private companion object {
        const val OPEN = '\u27E6'
        const val CLOSE = '\u27E7'
        val SLOT = Regex("$OPEN([0-9]+)$CLOSE")
        val ITEM = Regex(
            """\{\{[^{}]*\}\}|\{[^{}]*\}|(?<![A-Za-z0-9_.~/\\-])(?:[A-Za-z]+:)?[A-Za-z0-9_.~-]*""" +
                """(?:[/\\]+[A-Za-z0-9_.~%+@=&?#:-]*[A-Za-z0-9_~])+[/\\]?|[0-9]+(?:[.,:][0-9]+)*"""
        )
    }
}
