namespace Puzzle.Evaluation.Tasks;

/// <summary>What a task asks of the model (<c>output_type</c>).</summary>
public enum TaskOutput
{
    /// <summary>Which of several continuations is most likely.</summary>
    MultipleChoice,

    /// <summary>How likely one continuation is.</summary>
    LogLikelihood,

    /// <summary>How likely a whole document is, in windows.</summary>
    LogLikelihoodRolling,

    /// <summary>Free text up to a stop string.</summary>
    GenerateUntil,
}
