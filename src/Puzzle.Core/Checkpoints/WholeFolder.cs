using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>Writes a folder so that it appears whole or not at all.</summary>
internal static class WholeFolder
{
    /// <summary>Fills a temporary folder beside <paramref name="path"/> and renames it. An existing model folder is replaced; any other existing content is left alone and refused.</summary>
    /// <exception cref="RecipeException">The path exists and is not a model folder.</exception>
    public static void Write(string path, Action<string> fill)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !File.Exists(Path.Combine(path, "config.json"))))
            throw new RecipeException($"{path}: exists and is not a model folder; choose another name or remove it");
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            Replace(path, temporary);
        }
        catch (IOException e)
        {
            Remove(temporary);
            throw new OutOfResourceException($"{path}: cannot be written: {e.Message}", e);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    private static void Replace(string path, string temporary)
    {
        if (!Directory.Exists(path))
        {
            Directory.Move(temporary, path);
            return;
        }

        var old = $"{path}.{Guid.NewGuid():N}.old";
        Directory.Move(path, old);
        Directory.Move(temporary, path);
        Directory.Delete(old, recursive: true);
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
