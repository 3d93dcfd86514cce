namespace Puzzle.Core.Distillation;

/// <summary>Linear warm-up, then a cosine down to a floor.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="Floor">The rate at the last step.</param>
/// <param name="WarmupFraction">Share of the steps until the peak.</param>
public sealed record LearningRate(double Peak, double Floor = 0, double WarmupFraction = 0.05)
{
    /// <summary>The rate of one step, counted from 0.</summary>
    public double At(long step, long steps)
    {
        var warmup = Math.Max(1, (long)(steps * WarmupFraction));
        if (step < warmup)
            return Peak * (step + 1) / warmup;
        var progress = (double)(step - warmup) / Math.Max(1, steps - warmup);
        return Floor + (Peak - Floor) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
    }
}
