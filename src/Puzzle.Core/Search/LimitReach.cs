namespace Puzzle.Core.Search;

/// <summary>How far a limit that cannot be met lies from what can be reached. All numbers are in the limit's own terms.</summary>
/// <param name="Limit">As asked for.</param>
/// <param name="Scenario">The scenario it belongs to, empty for none.</param>
/// <param name="IsLower">Whether it is the limit's lower bound that is out of reach.</param>
/// <param name="Asked">The bound.</param>
/// <param name="ReachAlone">The best that the library allows for this limit with no other limit in force.</param>
/// <param name="Reach">The best that the library allows while the other limits of the conflict are kept.</param>
public sealed record LimitReach(Limit Limit, string Scenario, bool IsLower, double Asked, double ReachAlone, double Reach)
{
    /// <summary>By how much the bound has to give, as a share of what was asked.</summary>
    public double RelaxBy => Math.Abs(Reach - Asked) / Math.Max(Math.Abs(Asked), double.Epsilon);
}
