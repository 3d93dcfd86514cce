namespace Puzzle.Core.Search;

/// <summary>The sum that the search makes best: a metric of the library, or one of its stats.</summary>
/// <param name="Name">For example <c>kl_div</c>, <c>metrics.lm_loss</c> or <c>stats.num_params</c>.</param>
/// <param name="Maximise">Whether more is better.</param>
public sealed record Objective(string Name, bool Maximise = false)
{
    /// <summary>KL(parent || child), the paper's choice.</summary>
    public static Objective KlDivergence { get; } = new("kl_div");
}
