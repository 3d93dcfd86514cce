using System.Globalization;
using System.Numerics;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// The keys and values at the head of a GGUF file: architecture, tokenizer arrays, chat template. Values are
/// <see cref="byte"/>, <see cref="sbyte"/>, <see cref="ushort"/>, <see cref="short"/>, <see cref="uint"/>, <see cref="int"/>,
/// <see cref="ulong"/>, <see cref="long"/>, <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/>,
/// or an array of one of them.
/// </summary>
public sealed class GgufMetadata
{
    internal GgufMetadata(string path, IReadOnlyDictionary<string, object> values) => (Path, Values) = (path, values);

    /// <summary>The file it came from, for messages.</summary>
    public string Path { get; }

    public IReadOnlyDictionary<string, object> Values { get; }

    /// <summary>Reads the head of a file without its tensors' data.</summary>
    /// <exception cref="BadInputException">Not a sound GGUF file of version 2 or 3.</exception>
    public static GgufMetadata Read(string path)
    {
        using var container = GgufContainer.Open(path);
        return container.Metadata;
    }

    public bool Has(string key) => Values.ContainsKey(key);

    /// <summary>The string at a key, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is of another type.</exception>
    public string? Text(string key) => Values.GetValueOrDefault(key) switch
    {
        null => null,
        string text => text,
        var other => throw Wrong(key, other, "a string"),
    };

    /// <summary>The truth value at a key, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is of another type.</exception>
    public bool? Flag(string key) => Values.GetValueOrDefault(key) switch
    {
        null => null,
        bool flag => flag,
        var other => throw Wrong(key, other, "true or false"),
    };

    /// <summary>The integer at a key, whatever its width, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is not an integer.</exception>
    public long? Integer(string key) => Values.GetValueOrDefault(key) switch
    {
        null => null,
        ulong and > long.MaxValue => throw Wrong(key, Values[key], "an integer below 2^63"),
        byte or sbyte or ushort or short or uint or int or ulong or long => Convert.ToInt64(Values[key]),
        var other => throw Wrong(key, other, "an integer"),
    };

    /// <summary>The number at a key, integer or not, or null where the key is absent. A float32 counts as its shortest decimal: 1e-5, not 9.99999975e-6.</summary>
    /// <exception cref="BadInputException">The value is not a number.</exception>
    public double? Number(string key) => Values.GetValueOrDefault(key) switch
    {
        null => null,
        float value => double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double value => value,
        _ => Integer(key),
    };

    /// <summary>The strings at a key, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is not an array of strings.</exception>
    public string[]? Texts(string key) => Array<string>(key, "an array of strings");

    /// <summary>The float32 values at a key, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is not an array of float32.</exception>
    public float[]? Floats(string key) => Array<float>(key, "an array of float32");

    /// <summary>The integers at a key, whatever their width, or null where the key is absent.</summary>
    /// <exception cref="BadInputException">The value is not an array of integers, or one of them does not fit 32 bits.</exception>
    public int[]? Integers(string key)
    {
        return Values.GetValueOrDefault(key) switch
        {
            null => null,
            int[] values => values,
            uint[] values => Narrow(values),
            byte[] values => Narrow(values),
            sbyte[] values => Narrow(values),
            ushort[] values => Narrow(values),
            short[] values => Narrow(values),
            long[] values => Narrow(values),
            ulong[] values => Narrow(values),
            var other => throw Wrong(key, other, "an array of integers"),
        };

        int[] Narrow<T>(T[] values) where T : INumber<T>
        {
            var result = new int[values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                if (values[i] > T.CreateSaturating(int.MaxValue) || values[i] < T.CreateSaturating(int.MinValue))
                    throw new BadInputException($"{Path}: {key}[{i}] is {values[i]}, which does not fit 32 bits");
                result[i] = int.CreateTruncating(values[i]);
            }

            return result;
        }
    }

    private T[]? Array<T>(string key, string expected) => Values.GetValueOrDefault(key) switch
    {
        null => null,
        T[] values => values,
        // An empty array may be declared with any element type.
        System.Array { Length: 0 } => [],
        var other => throw Wrong(key, other, expected),
    };

    private BadInputException Wrong(string key, object value, string expected) =>
        new($"{Path}: {key} should be {expected}, found {(value is System.Array array ? $"an array of {array.Length} {value.GetType().GetElementType()!.Name}" : $"{value} ({value.GetType().Name})")}");
}
