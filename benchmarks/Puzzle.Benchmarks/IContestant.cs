namespace Puzzle.Benchmarks;

/// <summary>An engine with a model in it, ready to be timed.</summary>
internal interface IContestant : IDisposable
{
    /// <summary>Seconds from an empty cache to the logits after the last token of one prompt.</summary>
    double Prefill(int tokens);

    /// <summary>Seconds of one step of so many sequences, each with so many tokens before it; the mean of a few.</summary>
    double Decode(int batch, int context);
}
