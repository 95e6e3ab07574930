// Copies a bundle from an app's assets to a folder, because LiteRT and SentencePiece open files, and assets are not:
//   val translator = Translator(unpack(context, "captions-int8"))

package seq2edge

import android.content.Context
import java.io.File

/** Returns the folder of a bundle, which is copied from the assets if they have another bundle than the folder. */
fun unpack(context: Context, name: String): File {
    val folder = File(context.filesDir, name)
    val manifest = File(folder, "bundle.json") // it has the checksums of all other files
    val expected = context.assets.open("$name/bundle.json").use { it.readBytes() }
    if (manifest.isFile && manifest.readBytes().contentEquals(expected)) return folder
    val part = File(context.filesDir, "$name.part")
    part.deleteRecursively()
    part.mkdirs()
    for (file in context.assets.list(name).orEmpty()) {
        context.assets.open("$name/$file").use { from -> File(part, file).outputStream().use { from.copyTo(it) } }
    }
    manifest.delete() // first, so that a folder of which only some files were deleted is never taken for a whole one
    folder.deleteRecursively()
    check(part.renameTo(folder)) { "cannot write $folder" }
    return folder
}
