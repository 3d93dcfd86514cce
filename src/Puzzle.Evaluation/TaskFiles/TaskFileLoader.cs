using Puzzle.Core.Errors;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Reads a task file with what it includes; a file with <c>family</c> and <c>members</c> is many tasks alike.</summary>
public static class TaskFileLoader
{
    private const int MaxIncludes = 10;

    /// <param name="read">The text of an included file, by its name relative to the including one; null where absent.</param>
    /// <returns>The keys of each task or group of the file, includes resolved.</returns>
    /// <exception cref="BadInputException">A file that is absent, malformed, or includes itself.</exception>
    public static IReadOnlyList<OrderedDictionary<string, object?>> Load(string text, string source, Func<string, string?> read)
    {
        var values = Included(PythonYaml.ReadMapping(text, source), source, read, 0);
        return values.ContainsKey("members") ? Family(values, source) : [values];
    }

    private static OrderedDictionary<string, object?> Included(OrderedDictionary<string, object?> values, string source, Func<string, string?> read, int depth)
    {
        if (!values.Remove("include", out var include) || include is null)
            return values;
        if (depth == MaxIncludes)
            throw new BadInputException($"{source}: more than {MaxIncludes} files include one another");
        var merged = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var file in include is List<object?> list ? list : [include])
        {
            var name = file as string ?? throw new BadInputException($"{source}: include is {PythonJson.Write(file)}; expected a file's name");
            var text = read(name) ?? throw new BadInputException($"{source}: included file {name} is absent");
            foreach (var (key, value) in Included(PythonYaml.ReadMapping(text, name), name, read, depth + 1))
                merged[key] = value;
        }

        foreach (var (key, value) in values)
            merged[key] = value;
        return merged;
    }

    private static List<OrderedDictionary<string, object?>> Family(OrderedDictionary<string, object?> values, string source)
    {
        if (values.GetValueOrDefault("family") is not OrderedDictionary<string, object?> family || values["members"] is not OrderedDictionary<string, object?> members)
            throw new BadInputException($"{source}: expected keys family (a task's keys) and members (tags with lists of names)");
        var tasks = new List<OrderedDictionary<string, object?>>();
        foreach (var (tag, names) in members)
        {
            foreach (var name in ((names as List<object?>) ?? []).OfType<string>())
            {
                var task = new OrderedDictionary<string, object?>(StringComparer.Ordinal) { ["tag"] = tag };
                foreach (var (key, value) in family)
                    task[key] = value is string text ? Filled(text, name) : value;
                tasks.Add(task);
            }
        }

        return tasks;
    }

    private static string Filled(string text, string name) =>
        text.Replace("{name}", name, StringComparison.Ordinal).Replace("{words}", name.Replace('_', ' '), StringComparison.Ordinal);
}
