using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Data;

/// <summary>The files of a source of text, and how each is written.</summary>
public static class SourceFiles
{
    private static readonly string[] s_text = [".txt", ".md", ".markdown", ".text"];
    private static readonly string[] s_jsonl = [".jsonl", ".ndjson"];

    /// <summary>The files in the order of their names, each with its format.</summary>
    /// <exception cref="BadInputException">There is nothing at the path, or nothing that can be read.</exception>
    public static IReadOnlyList<(string Path, DataFormat Format)> Of(DataSource source)
    {
        if (File.Exists(source.Path))
            return [(source.Path, source.Format == DataFormat.Auto ? FormatOf(source) ?? DataFormat.Text : source.Format)];
        if (!Directory.Exists(source.Path))
            throw new BadInputException($"{source.Path}: no such file or folder");
        var files = Directory.EnumerateFiles(source.Path, "*", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(source.Path, file).Split('/', '\\').Any(part => part.StartsWith('.')))
            .Order(StringComparer.Ordinal)
            .Select(file => (Path: file, Format: FormatOf(source with { Path = file })))
            .Where(file => file.Format is not null && (source.Format == DataFormat.Auto || Accepts(source.Format, file.Format.Value)))
            .Select(file => (file.Path, source.Format == DataFormat.Auto ? file.Format!.Value : source.Format))
            .ToArray();
        return files.Length > 0 ? files
            : throw new BadInputException($"{source.Path}: has no file{(source.Format == DataFormat.Auto ? "" : $" of format {source.Format.ToString().ToLowerInvariant()}")} to read; known are {string.Join(", ", s_text.Concat(s_jsonl))} and .parquet");
    }

    // By the name; JSONL and Parquet are chats where the source asks for a column of messages or the first record has one.
    private static DataFormat? FormatOf(DataSource source)
    {
        var extension = Path.GetExtension(source.Path).ToLowerInvariant();
        if (s_text.Contains(extension))
            return DataFormat.Text;
        if (s_jsonl.Contains(extension))
            return IsChat(JsonDocuments.First(source.Path), source) ? DataFormat.Chat : DataFormat.Jsonl;
        if (extension == ".parquet")
            return ParquetDocuments.HasList(source.Path, source.Column ?? JsonDocuments.MessagesColumn) ? DataFormat.Chat : DataFormat.Parquet;
        return null;
    }

    private static bool IsChat(JsonElement? first, DataSource source) =>
        first is { ValueKind: JsonValueKind.Object } record && record.TryGetProperty(source.Column ?? JsonDocuments.MessagesColumn, out var value) && value.ValueKind == JsonValueKind.Array;

    private static bool Accepts(DataFormat wanted, DataFormat found) => wanted switch
    {
        DataFormat.Text => found == DataFormat.Text,
        DataFormat.Parquet => found is DataFormat.Parquet,
        DataFormat.Jsonl => found is DataFormat.Jsonl,
        _ => found is DataFormat.Chat or DataFormat.Jsonl or DataFormat.Parquet,
    };
}
