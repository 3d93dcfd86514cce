namespace Puzzle.Serving.Bench;

/// <summary>Passes of one kind, added up.</summary>
public sealed record PassTotals
{
    /// <summary>How many.</summary>
    public int Passes { get; init; }

    /// <summary>Tokens computed in them.</summary>
    public long Tokens { get; init; }

    /// <summary>Seconds in them; drawing tokens and text are not among them.</summary>
    public double Seconds { get; init; }

    /// <summary>What they could not do without.</summary>
    public PassWork Work { get; init; }

    /// <summary>Bytes that had to be read against what the machine could have read meanwhile.</summary>
    public double MbuPercent(MachinePeaks peaks, double? seconds = null) => Share(Work.Bytes, peaks.BytesPerSecond, seconds);

    /// <summary>Operations that had to be done against what the machine could have done meanwhile.</summary>
    public double MfuPercent(MachinePeaks peaks, double? seconds = null) => Share(Work.Operations, peaks.OperationsPerSecond, seconds);

    public static PassTotals operator +(PassTotals a, PassTotals b) =>
        new() { Passes = a.Passes + b.Passes, Tokens = a.Tokens + b.Tokens, Seconds = a.Seconds + b.Seconds, Work = a.Work + b.Work };

    private double Share(double amount, double peak, double? seconds) => (seconds ?? Seconds) is > 0 and var time ? 100 * amount / time / peak : 0;
}
