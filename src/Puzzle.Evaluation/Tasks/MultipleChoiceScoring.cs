using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Text;
using System.Text;

namespace Puzzle.Evaluation.Tasks;

/// <summary>The harness's metrics of one multiple-choice document.</summary>
public static class MultipleChoiceScoring
{
    /// <param name="metrics">Names to compute: acc, acc_norm (per character), acc_bytes, exact_match, acc_mutual_info.</param>
    /// <param name="choices">As the task gives them, without the delimiter: their lengths normalise.</param>
    /// <param name="gold">Right indices; any of them counts.</param>
    /// <param name="responses">One a choice; with acc_mutual_info as many again, unconditional.</param>
    public static IReadOnlyDictionary<string, DocumentScore> Score(
        IEnumerable<string> metrics, IReadOnlyList<string> choices, IReadOnlyList<int> gold, IReadOnlyList<Response> responses)
    {
        var sums = responses.Take(choices.Count).Select(response => response.LogLikelihood).ToArray();
        var scores = new Dictionary<string, DocumentScore>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            bool? right = metric switch
            {
                "acc" => gold.Contains(Best(sums, _ => 1)),
                "acc_norm" => gold.Contains(Best(sums, i => PythonText.Length(choices[i]))),
                "acc_bytes" => gold.Contains(Best(sums, i => Encoding.UTF8.GetByteCount(choices[i]))),
                "acc_mutual_info" => gold.Contains(
                    Best([.. sums.Select((sum, i) => sum - responses[choices.Count + i].LogLikelihood)], _ => 1)),
                "exact_match" => gold.Any(i => responses[i].IsGreedy),
                _ => null,
            };
            if (right is { } value)
                scores[metric] = new DocumentScore(value ? 1 : 0);
        }

        return scores;
    }

    // The first of equal ones, and a NaN (an empty choice of likelihood 0) wins, both as numpy's argmax has it.
    private static int Best(double[] sums, Func<int, int> length)
    {
        var best = 0;
        for (var i = 0; i < sums.Length; i++)
        {
            var value = sums[i] / length(i);
            if (double.IsNaN(value))
                return i;
            if (value > sums[best] / length(best))
                best = i;
        }

        return best;
    }
}
