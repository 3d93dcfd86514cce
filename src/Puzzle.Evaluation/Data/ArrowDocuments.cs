using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.Data;

/// <summary>Arrow files as the data set cache of Hugging Face keeps them: the streaming format, or the file format.</summary>
internal static class ArrowDocuments
{
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[6];
        var isFile = stream.ReadAtLeast(magic, 6, throwOnEndOfStream: false) == 6 && magic.SequenceEqual("ARROW1"u8);
        stream.Position = 0;
        var documents = new List<IReadOnlyDictionary<string, object?>>();
        using ArrowStreamReader reader = isFile ? new ArrowFileReader(stream, leaveOpen: true) : new ArrowStreamReader(stream, leaveOpen: true);
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            using (batch)
                Append(documents, batch, path);
        }

        return documents;
    }

    private static void Append(List<IReadOnlyDictionary<string, object?>> documents, RecordBatch batch, string path)
    {
        for (var row = 0; row < batch.Length; row++)
        {
            var document = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            for (var column = 0; column < batch.ColumnCount; column++)
                document[batch.Schema.GetFieldByIndex(column).Name] = Value(batch.Column(column), row, path);
            documents.Add(document);
        }
    }

    private static object? Value(IArrowArray array, int index, string path)
    {
        if (array.IsNull(index))
            return null;
        return array switch
        {
            StringArray strings => strings.GetString(index),
            LargeStringArray strings => strings.GetString(index),
            BooleanArray booleans => booleans.GetValue(index),
            Int64Array numbers => numbers.GetValue(index),
            Int32Array numbers => (long)numbers.GetValue(index)!.Value,
            Int16Array numbers => (long)numbers.GetValue(index)!.Value,
            Int8Array numbers => (long)numbers.GetValue(index)!.Value,
            UInt64Array numbers => checked((long)numbers.GetValue(index)!.Value),
            UInt32Array numbers => (long)numbers.GetValue(index)!.Value,
            UInt16Array numbers => (long)numbers.GetValue(index)!.Value,
            UInt8Array numbers => (long)numbers.GetValue(index)!.Value,
            DoubleArray numbers => numbers.GetValue(index),
            FloatArray numbers => (double)numbers.GetValue(index)!.Value,
            ListArray lists => Items(lists.GetSlicedValues(index), path),
            LargeListArray lists => Items(lists.GetSlicedValues(index), path),
            FixedSizeListArray lists => Items(lists.GetSlicedValues(index), path),
            StructArray structs => Members(structs, index, path),
            DictionaryArray dictionary => Value(dictionary.Dictionary, Convert.ToInt32(Value(dictionary.Indices, index, path), CultureInfo.InvariantCulture), path),
            NullArray => null,
            _ => throw new BadInputException($"{path}: columns of type {array.Data.DataType.Name} are not read"),
        };
    }

    private static List<object?> Items(IArrowArray items, string path) =>
        [.. Enumerable.Range(0, items.Length).Select(i => Value(items, i, path))];

    private static OrderedDictionary<string, object?> Members(StructArray structs, int index, string path)
    {
        var members = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        var type = (Apache.Arrow.Types.StructType)structs.Data.DataType;
        for (var i = 0; i < structs.Fields.Count; i++)
            members[type.Fields[i].Name] = Value(structs.Fields[i], index, path);
        return members;
    }
}
