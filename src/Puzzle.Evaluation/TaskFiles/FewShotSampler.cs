using Puzzle.Core.Errors;
using Puzzle.Evaluation.Randomness;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Draws the solved cases put before a question. One generator serves all documents of a task, in their order.</summary>
public sealed class FewShotSampler
{
    private readonly IReadOnlyList<IReadOnlyDictionary<string, object?>> _cases;
    private readonly PythonRandom? _random;
    private readonly string _source;

    /// <param name="sampler"><c>default</c> or <c>first_n</c>.</param>
    public FewShotSampler(IReadOnlyList<IReadOnlyDictionary<string, object?>> cases, string sampler, int seed, string source)
    {
        (_cases, _source) = (cases, source);
        _random = sampler == "first_n" ? null : new PythonRandom(seed);
    }

    /// <param name="excluded">The document that is asked, where it may be among the cases: one more is drawn and it is dropped.</param>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> Sample(int count, IReadOnlyDictionary<string, object?>? excluded)
    {
        var drawn = _random is not null && excluded is not null ? count + 1 : count;
        if (drawn > _cases.Count)
            throw new BadInputException($"{_source}: {count} solved cases were asked for; the split they are drawn from has {_cases.Count} documents");
        if (_random is null)
            return [.. _cases.Take(count)];
        var sample = _random.SampleIndices(_cases.Count, drawn).Select(index => _cases[index]);
        return [.. (excluded is null ? sample : sample.Where(document => !document.SameAs(excluded))).Take(count)];
    }
}
