using Puzzle.Core.Models;

namespace Puzzle.Core.Scoring;

/// <summary>Scores whole models by an evaluation task. Who knows tasks implements it.</summary>
public interface ITaskScorer
{
    /// <summary>What the model makes of the task.</summary>
    TaskScore Score(Transformer model);
}
