namespace Puzzle.Core.Measurement;

/// <summary>A model that an engine has loaded to be timed end to end.</summary>
public interface ITimedModel : IDisposable
{
    /// <summary>One run: the prompts of the whole batch, then one token of every sequence a step, greedily.</summary>
    GenerationTime Time(Workload workload);
}
