using System.Text.Json;

namespace Puzzle.Core.Runs;

/// <summary>
/// A piece of a stage's work with files of its own and a marker that is written last. It is done when the marker has the
/// right key and its files have the sizes that the marker names.
/// </summary>
public sealed class WorkUnit
{
    private readonly string _path;
    private readonly string _key;
    private readonly SortedSet<string> _files = new(StringComparer.Ordinal);
    private readonly Action<string> _fileAdded;

    /// <param name="path">Without extension.</param>
    /// <param name="key">What it depends on.</param>
    /// <param name="fileAdded">Told of every file that the unit names.</param>
    internal WorkUnit(string path, string key, Action<string>? fileAdded = null)
    {
        (_path, _key, _fileAdded) = (path, key, fileAdded ?? (_ => { }));
        var mark = AtomicFile.TryReadJson<Mark>(Marker);
        if (mark is null || mark.Key != key)
            return;
        var folder = Path.GetDirectoryName(path)!;
        if (!mark.Files.All(file => new FileInfo(Path.Combine(folder, file.Key)) is { Exists: true } info && info.Length == file.Value))
            return;
        IsDone = true;
        foreach (var name in mark.Files.Keys)
            _files.Add(Path.Combine(folder, name));
        Record = mark.Record;
    }

    /// <summary>Whether it was done before, by this run or an earlier one.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The marker's path.</summary>
    public string Marker => _path + ".done.json";

    /// <summary>Its files.</summary>
    public IReadOnlyCollection<string> Files => _files;

    private JsonElement? Record { get; set; }

    /// <summary>The path of one of its files, for example <c>.safetensors</c>. To be written atomically.</summary>
    public string File(string extension)
    {
        var file = _path + extension;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        _files.Add(file);
        _fileAdded(file);
        return file;
    }

    /// <summary>What <see cref="Done"/> was given.</summary>
    public T ReadRecord<T>() =>
        Record is { } record ? record.Deserialize<T>(AtomicFile.Json)! : throw new InvalidOperationException($"{Marker} has no record");

    /// <summary>Marks it as done, with an optional record of what came out. All its files must be there.</summary>
    public void Done(object? record = null)
    {
        var folder = Path.GetDirectoryName(_path)!;
        Record = record is null ? null : JsonSerializer.SerializeToElement(record, AtomicFile.Json);
        AtomicFile.WriteJson(Marker, new Mark(
            _key, _files.ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), file => new FileInfo(file).Length), Record));
        IsDone = true;
    }

    private sealed record Mark(string Key, Dictionary<string, long> Files, JsonElement? Record);
}
