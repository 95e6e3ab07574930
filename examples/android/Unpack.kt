// Copies a bundle from an app's assets to a folder, because LiteRT and SentencePiece open files, and assets are not:
//   val translator = Translator(unpack(context, "captions-int8"))

package seq2edge

import android.content.Context
import java.io.File

/** Returns the folder of a bundle, which is copied from the assets on the first start. */
fun unpack(context: Context, name: String): File {
    val folder = File(context.filesDir, name)
    if (folder.exists()) return folder
    val part = File(context.filesDir, "$name.part")
    part.deleteRecursively()
    part.mkdirs()
    for (file in context.assets.list(name).orEmpty()) {
        context.assets.open("$name/$file").use { from -> File(part, file).outputStream().use { from.copyTo(it) } }
    }
    check(part.renameTo(folder)) { "cannot write $folder" }
    return folder
}
