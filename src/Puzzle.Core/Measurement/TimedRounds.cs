using System.Diagnostics;

namespace Puzzle.Core.Measurement;

/// <summary>
/// How long something is timed over and over: all its rounds, and no less than some seconds. What slows a machine down (other
/// processes, the host of a virtual one) comes in bursts, which would cover a few rounds of a small model from the first to the last.
/// </summary>
/// <param name="rounds">Rounds at least.</param>
/// <param name="secondsARound">What a round should take at least, on average; short ones are repeated until it has.</param>
public sealed class TimedRounds(int rounds, double secondsARound = TimedRounds.Usual)
{
    private const double Usual = 0.8;
    private const int MostTimes = 50;

    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Whether another round is wanted after so many.</summary>
    public bool More(int done) => done < rounds || (done < (long)MostTimes * rounds && Stopwatch.GetElapsedTime(_began).TotalSeconds < rounds * secondsARound);
}
