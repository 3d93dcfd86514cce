using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>Writes a file so that it appears whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes beside <paramref name="path"/>, flushes to disk and renames; on any failure nothing is left.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException e)
        {
            File.Delete(temporary);
            throw new OutOfResourceException($"{path}: cannot be written: {e.Message}", e);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
