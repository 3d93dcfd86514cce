namespace Puzzle.Core.Checkpoints;

/// <summary>
/// <c>ffn_mult</c> of nemotron-nas: width = int(2 * ffn_mult * hidden / 3), rounded up to a multiple of 256. The
/// configuration class rounds the multiplier to six decimals.
/// </summary>
public static class FfnMultiplier
{
    /// <summary>Widths that the field can say are multiples of this.</summary>
    public const int Multiple = 256;

    /// <summary>The width a multiplier stands for, or null where it is not from 1 to <paramref name="maxWidth"/>.</summary>
    public static int? ToWidth(double multiplier, int hiddenSize, int maxWidth = int.MaxValue - Multiple)
    {
        var width = Math.Truncate(2 * Math.Round(multiplier, 6) * hiddenSize / 3);
        return width >= 1 && width <= maxWidth && ((long)width + Multiple - 1) / Multiple * Multiple is var rounded && rounded <= maxWidth ? (int)rounded : null;
    }

    /// <summary>The multiplier that gives the width back exactly, or null where the field cannot say it.</summary>
    public static double? FromWidth(int width, int hiddenSize)
    {
        var multiplier = Math.Round(3.0 * width / (2.0 * hiddenSize), 6);
        return ToWidth(multiplier, hiddenSize) == width ? multiplier : null;
    }
}
