using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Files;

/// <summary>Reads a library with its scores and costs, whatever documented form it has (see <c>docs/search.md</c>), and writes the project's own.</summary>
public static class LibraryFile
{
    /// <summary>Reads the project's own library file, a <c>block_library.json</c> as NVlabs publish it, or a puzzletron folder.</summary>
    /// <exception cref="BadInputException">The file is missing, not JSON, or not a library.</exception>
    public static PuzzleProblem Read(string path)
    {
        if (Directory.Exists(path))
        {
            return PuzzletronFolder.Recognises(path)
                ? PuzzletronFolder.Read(path)
                : throw new BadInputException($"{path}: is a folder without subblock_stats.json; right would be a library file or the folder of a puzzletron run");
        }

        using var document = Parse(path);
        var root = document.RootElement;
        if (PuzzleLibrary.Recognises(root))
            return PuzzleLibrary.Read(root, Path.GetFileName(path));
        if (NvlabsLibrary.Recognises(root))
            return NvlabsLibrary.Read(root, Path.GetFileName(path));
        throw new BadInputException($"{path}: is no library: expected an object with puzzle_library or with layer_0, layer_1, ...");
    }

    /// <summary>Writes the project's own form.</summary>
    public static void Write(PuzzleProblem problem, string path) => PuzzleLibrary.Write(problem, path);

    internal static JsonDocument Parse(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{path}: not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine}): {error.Message}", error);
        }
    }
}
