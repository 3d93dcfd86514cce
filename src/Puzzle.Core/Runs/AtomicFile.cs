using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Runs;

/// <summary>Files that appear whole or not at all: written beside their place, flushed, renamed.</summary>
public static class AtomicFile
{
    /// <summary>snake_case, indented, numbers that JSON lacks as names.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Writes a file through a stream; folders on the way are made.</summary>
    /// <exception cref="OutOfResourceException">The disk is full or the place cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        WholeFile.Write(path, write);
    }

    /// <summary>Writes a text as UTF-8.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes a value as JSON.</summary>
    public static void WriteJson<T>(string path, T value) => Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, value, Json);
        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads what <see cref="WriteJson"/> wrote.</summary>
    /// <exception cref="BadInputException">There is no such file, or it is of another form.</exception>
    public static T ReadJson<T>(string path) =>
        TryReadJson<T>(path) ?? throw new BadInputException($"{path}: {(File.Exists(path) ? "not of the expected form" : "no such file")}");

    /// <summary>The same, or null where there is none or it is damaged.</summary>
    public static T? TryReadJson<T>(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException or NotSupportedException)
        {
            return default;
        }
    }
}
