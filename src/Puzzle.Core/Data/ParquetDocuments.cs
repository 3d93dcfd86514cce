using System.Text.Json;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Data;

/// <summary>Documents of Parquet files, as Hugging Face data sets are stored; a row group in memory at a time.</summary>
internal static class ParquetDocuments
{
    /// <summary>Whether the file has a column of lists with this name.</summary>
    public static bool HasList(string path, string column) =>
        Reading(path, () => ParquetReader.ReadSchemaAsync(path).GetAwaiter().GetResult()).Fields.Any(field => field.Name == column && field is ListField);

    /// <summary>The texts of a column; rows without one are passed over.</summary>
    /// <exception cref="BadInputException">No Parquet file, or no such column of texts.</exception>
    public static IEnumerable<string> Texts(string path, string column)
    {
        using var stream = File.OpenRead(path);
        var reader = Reading(path, () => ParquetReader.CreateAsync(stream).GetAwaiter().GetResult());
        try
        {
            var field = Array.Find(reader.Schema.GetDataFields(), field => field.Name == column && IsText(field))
                ?? throw new BadInputException($"{path}: no column of texts '{column}'; it has {string.Join(", ", reader.Schema.Fields.Select(f => f.Name))} (set column in data.sources)");
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                foreach (var text in Reading(path, () => Column(reader, group, field)))
                {
                    if (!string.IsNullOrEmpty(text))
                        yield return text;
                }
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The values of a column of lists as JSON, with their rows (from 1).</summary>
    public static IEnumerable<(JsonElement Value, int Row)> Lists(string path, string column)
    {
        var schema = Reading(path, () => ParquetReader.ReadSchemaAsync(path).GetAwaiter().GetResult());
        if (!schema.Fields.Any(field => field.Name == column))
            throw new BadInputException($"{path}: no column '{column}'; it has {string.Join(", ", schema.Fields.Select(f => f.Name))} (set column in data.sources)");
        var row = 0;
        for (var group = 0; group < GroupCount(path); group++)
        {
            foreach (var record in Reading(path, () => Rows(path, group)))
            {
                row++;
                if (record.TryGetValue(column, out var value) && value is not null)
                    yield return (JsonSerializer.SerializeToElement(value), row);
            }
        }
    }

    private static bool IsText(DataField field) => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>);

    private static string?[] Column(ParquetReader reader, int group, DataField field)
    {
        using var rows = reader.OpenRowGroupReader(group);
        var texts = new string?[rows.RowCount];
        rows.ReadAsync(field, texts.AsMemory()!).AsTask().GetAwaiter().GetResult();
        return texts;
    }

    private static int GroupCount(string path)
    {
        using var stream = File.OpenRead(path);
        var reader = ParquetReader.CreateAsync(stream).GetAwaiter().GetResult();
        try
        {
            return reader.RowGroupCount;
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static List<IDictionary<string, object?>> Rows(string path, int group)
    {
        using var stream = File.OpenRead(path);
        return [.. ParquetSerializer.DeserializeUntypedAsync(stream, null, group).GetAwaiter().GetResult().Data.Cast<IDictionary<string, object?>>()];
    }

    // The library answers damage with exceptions of many types.
    private static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (PuzzleException or OutOfMemoryException))
        {
            throw new BadInputException($"{path}: not a Parquet file that can be read: {e.Message}", e);
        }
    }
}
