using System.Globalization;
using System.Text.Json;

namespace Puzzle.Benchmarks;

/// <summary>Results of a long measurement, part by part, below the repository's <c>artifacts</c>: an interrupted run goes on where it was.</summary>
/// <param name="context">Knows the repository.</param>
/// <param name="name">Of the folder; another setting needs another name.</param>
internal sealed class LayerCache<T>(BenchmarkContext context, string name)
{
    /// <summary>Where it is kept.</summary>
    public string Folder { get; } = Path.Combine(context.Root, "artifacts", "benchmarks", "kept", name);

    /// <summary>The result of a layer, made where it is not there.</summary>
    public T Get(int layer, Func<T> make) => Get(string.Create(CultureInfo.InvariantCulture, $"layer-{layer:00}"), make);

    /// <summary>The result of a part, made where it is not there.</summary>
    public T Get(string part, Func<T> make)
    {
        var file = Path.Combine(Folder, string.Concat(part.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' ? c : '_')) + ".json");
        if (File.Exists(file))
            return JsonSerializer.Deserialize<T>(File.ReadAllText(file))!;
        var result = make();
        Directory.CreateDirectory(Folder);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(result));
        File.Move(file + ".new", file, overwrite: true);
        return result;
    }
}
