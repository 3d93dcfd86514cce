using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Files;

/// <summary>Reads a library with its scores and costs, whatever documented form it has.</summary>
public static class LibraryFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">The file is missing, not JSON, or not a library.</exception>
    public static PuzzleProblem Read(string path)
    {
        JsonDocument document;
        try
        {
            using var stream = File.OpenRead(path);
            document = JsonDocument.Parse(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{path}: not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine}): {error.Message}", error);
        }

        using (document)
        {
            var root = document.RootElement;
            if (NvlabsLibrary.Recognises(root))
                return NvlabsLibrary.Read(root, Path.GetFileName(path));
            throw new BadInputException($"{path}: is no library: expected an object with layer_0, layer_1, ...");
        }
    }
}
