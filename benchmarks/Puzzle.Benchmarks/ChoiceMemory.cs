using Puzzle.Core.Runs;
using Puzzle.Core.Search.Rounds;

namespace Puzzle.Benchmarks;

/// <summary>Measurements of a study in files beside its run, so that one that was stopped goes on.</summary>
/// <param name="folder">The run; a library or scores that change make everything anew.</param>
internal sealed class ChoiceMemory(RunFolder folder) : IRoundMemory
{
    /// <inheritdoc/>
    public T Once<T>(string what, ContentKey key, Func<T> measure)
        where T : notnull
    {
        key.Add("score", folder.Done("score")!.Key).Add("distill", folder.Done("distill")!.Result);
        var path = Path.Combine(folder.Path, "choices", $"{what}-{key.ToString()[..16]}.json");
        if (File.Exists(path))
            return AtomicFile.ReadJson<T>(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var measured = measure();
        AtomicFile.WriteJson(path, measured);
        return measured;
    }
}
