using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.Data;

/// <summary>Reads documents from a file by its extension.</summary>
public static class DocumentFile
{
    /// <summary>Kinds of files, the preferred ones first where a folder holds the same data twice.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".parquet", ".arrow", ".jsonl", ".json", ".ndjson", ".csv", ".tsv"];

    /// <summary>Whether the extension is one of <see cref="Extensions"/>.</summary>
    public static bool IsKnown(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <returns>Rows as columns and plain values: string, long, double, bool, null, lists and dictionaries.</returns>
    /// <exception cref="BadInputException">No such file, not of a known kind, or damaged.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file");
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".parquet" => ParquetDocuments.Read(path),
                ".arrow" => ArrowDocuments.Read(path),
                ".jsonl" or ".json" or ".ndjson" => JsonDocuments.Read(path),
                ".csv" => CsvDocuments.Read(path, ','),
                ".tsv" => CsvDocuments.Read(path, '\t'),
                var other => throw new BadInputException($"{path}: files of kind {other} are not read; known are {string.Join(", ", Extensions)}"),
            };
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            throw new BadInputException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
