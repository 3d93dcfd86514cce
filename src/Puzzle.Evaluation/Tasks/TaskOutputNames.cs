using System.Diagnostics;

namespace Puzzle.Evaluation.Tasks;

/// <summary>The harness's spelling of <see cref="TaskOutput"/>.</summary>
public static class TaskOutputNames
{
    public static string HarnessName(this TaskOutput output) => output switch
    {
        TaskOutput.MultipleChoice => "multiple_choice",
        TaskOutput.LogLikelihood => "loglikelihood",
        TaskOutput.LogLikelihoodRolling => "loglikelihood_rolling",
        TaskOutput.GenerateUntil => "generate_until",
        _ => throw new UnreachableException(),
    };

    /// <summary>Null where the name is none of the harness's.</summary>
    public static TaskOutput? Parse(string name)
    {
        foreach (var output in Enum.GetValues<TaskOutput>())
        {
            if (output.HarnessName() == name)
                return output;
        }

        return null;
    }
}
