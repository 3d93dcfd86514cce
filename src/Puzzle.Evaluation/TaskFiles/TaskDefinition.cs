using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A task or group of a task file, by its keys; read no further than its name until it is asked for.</summary>
/// <param name="Values">The file's keys, includes resolved.</param>
/// <param name="Source">The file.</param>
internal sealed record TaskDefinition(IReadOnlyDictionary<string, object?> Values, string Source)
{
    /// <summary>Whether it is a group: a name with a list of tasks.</summary>
    public bool IsGroup => Values.GetValueOrDefault("group") is string && Values.GetValueOrDefault("task") is IEnumerable<object?>;

    /// <summary>The name it is asked for by; null: a file of keys for others to include.</summary>
    public string? Name => (IsGroup ? Values["group"] : Values.GetValueOrDefault("task")) as string;

    /// <summary>The names of lists that it belongs to.</summary>
    public IEnumerable<string> Tags => IsGroup ? [] : new[] { "tag", "group" }.SelectMany(key => Values.GetValueOrDefault(key) switch
    {
        string one => [one],
        IEnumerable<object?> many => many.OfType<string>(),
        _ => [],
    });

    /// <summary>The same with some keys replaced, as an entry of a group may ask.</summary>
    public TaskDefinition With(IReadOnlyDictionary<string, object?> others)
    {
        var values = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in Values.Concat(others))
            values[key] = value;
        return this with { Values = values };
    }

    /// <summary>All tasks and groups of a file on disk.</summary>
    /// <exception cref="BadInputException">Absent or malformed.</exception>
    public static IReadOnlyList<TaskDefinition> ReadFile(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such task file");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? Beside(string name) => Path.Combine(folder, name) is var file && File.Exists(file) ? File.ReadAllText(file) : ReadShipped(name);
        return [.. TaskFileLoader.Load(File.ReadAllText(path), path, Beside).Select(values => new TaskDefinition(values, path))];
    }

    /// <summary>All tasks and groups that come with the tool.</summary>
    public static IEnumerable<TaskDefinition> Shipped()
    {
        var names = typeof(TaskDefinition).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".yaml", StringComparison.Ordinal));
        return names.Order(StringComparer.Ordinal)
            .SelectMany(name => TaskFileLoader.Load(ReadShipped(name)!, name, ReadShipped).Select(values => new TaskDefinition(values, name)));
    }

    private static string? ReadShipped(string name)
    {
        using var stream = typeof(TaskDefinition).Assembly.GetManifestResourceStream(name);
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }
}
