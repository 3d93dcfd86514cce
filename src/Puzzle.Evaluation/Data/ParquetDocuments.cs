using System.Collections;
using System.Globalization;
using Parquet.Schema;
using Parquet.Serialization;

namespace Puzzle.Evaluation.Data;

/// <summary>Parquet files, nested columns included.</summary>
internal static class ParquetDocuments
{
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        using var stream = File.OpenRead(path);
        var documents = new List<IReadOnlyDictionary<string, object?>>();

        // The reader is asynchronous only; evaluation is not.
        var rows = ParquetSerializer.DeserializeUntypedAsync(stream).GetAwaiter().GetResult();
        foreach (var row in rows.Data)
            documents.Add(Members(row.ToDictionary(entry => entry.Key, entry => (object?)entry.Value, StringComparer.Ordinal), rows.Schema.Fields));
        return documents;
    }

    // The reader leaves out members without a value, empty lists among them: the schema says which there should be.
    private static OrderedDictionary<string, object?> Members(Dictionary<string, object?> row, IReadOnlyList<Field> fields)
    {
        var members = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var field in fields)
            members[field.Name] = Value(row.GetValueOrDefault(field.Name), field);
        return members;
    }

    private static object? Value(object? value, Field field) => field switch
    {
        ListField list => value is IEnumerable items ? items.Cast<object?>().Select(item => Value(item, list.Item)).ToList() : [],
        StructField structure when value is IDictionary map => Members(Entries(map), structure.Fields),
        DataField { IsArray: true } => value is IEnumerable items and not string ? items.Cast<object?>().Select(Plain).ToList() : [],
        _ => Plain(value),
    };

    private static Dictionary<string, object?> Entries(IDictionary map)
    {
        var entries = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in map)
            entries[entry.Key.ToString() ?? ""] = entry.Value;
        return entries;
    }

    private static object? Plain(object? value) => value switch
    {
        null or string or bool or long or double => value,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        float number => (double)number,
        sbyte or byte or short or ushort or int or uint or ulong => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        decimal number => (double)number,
        IDictionary map => new OrderedDictionary<string, object?>(Entries(map).Select(entry => KeyValuePair.Create(entry.Key, Plain(entry.Value))), StringComparer.Ordinal),
        IEnumerable list => list.Cast<object?>().Select(Plain).ToList(),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
