using System.Globalization;

namespace Puzzle.Core.Reports;

/// <summary>One axis: maps values to 0..1 and knows round tick values that enclose the data.</summary>
internal sealed class Scale
{
    private readonly double _min;
    private readonly double _max;
    private readonly bool _log;

    private Scale(double min, double max, bool log, double[] ticks)
    {
        (_min, _max, _log, Ticks) = (min, max, log, ticks);
    }

    /// <summary>Round values inside the axis, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Whether a value can be drawn. Beyond 1e100 a double's differences overflow, and no quantity of ours is so large.</summary>
    public static bool Drawable(double value, bool log = false) => double.IsFinite(value) && Math.Abs(value) < 1e100 && (!log || value > 1e-100);

    /// <summary>An axis over the drawable values: about <paramref name="count"/> ticks, from zero if asked, ends rounded to ticks if asked.</summary>
    public static Scale Over(IEnumerable<double> values, int count = 5, bool log = false, bool fromZero = false, bool round = true)
    {
        var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (Drawable(value, log))
                (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        if (min > max)
            (min, max) = log ? (1, 10) : (0, 1);
        return log ? Logarithmic(min, max, count) : Linear(fromZero ? Math.Min(min, 0) : min, fromZero ? Math.Max(max, 0) : max, count, round);
    }

    /// <summary>Where a value lies: 0 at the axis' start, 1 at its end; values outside are held at the ends.</summary>
    public double At(double value) =>
        Math.Clamp(_log ? Math.Log(value / _min) / Math.Log(_max / _min) : (value - _min) / (_max - _min), 0, 1);

    /// <summary>A tick's text: as many decimals as its neighbours need, k and M from ten thousand on.</summary>
    public string Label(double tick)
    {
        var step = _log ? Math.Abs(tick) : Ticks.Count > 1 ? Ticks[1] - Ticks[0] : Math.Abs(_max - _min);
        var largest = _log ? Math.Abs(tick) : Ticks.Count > 0 ? Math.Max(Math.Abs(Ticks[0]), Math.Abs(Ticks[^1])) : Math.Abs(tick);
        if (largest is >= 1e10 or < 1e-4 && tick != 0)
            return tick.ToString("0.##e0", CultureInfo.InvariantCulture);
        var (unit, suffix) = largest >= 1e7 ? (1e6, "M") : largest >= 1e4 ? (1e3, "k") : (1.0, "");
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step / unit) - 1e-9), 0, 8);
        if (Math.Abs(step / unit * Math.Pow(10, decimals) - Math.Round(step / unit * Math.Pow(10, decimals))) > 0.01)
            decimals++; // a step of 2.5 of its decade
        return tick == 0 && unit > 1 ? "0" : (tick / unit).ToString("N" + decimals, CultureInfo.InvariantCulture) + suffix;
    }

    private static Scale Linear(double min, double max, int count, bool round)
    {
        if (max - min <= 1e-9 * Math.Max(Math.Abs(min), Math.Abs(max)) || max == min)
        {
            var pad = min == 0 ? 1 : Math.Abs(min) * 0.1;
            (min, max) = (min - pad, max + pad);
        }

        var rough = (max - min) / count;
        var decade = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = decade * (rough / decade) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 };
        var first = round ? Math.Floor(min / step + 1e-9) : Math.Ceiling(min / step - 1e-9);
        var last = round ? Math.Ceiling(max / step - 1e-9) : Math.Floor(max / step + 1e-9);
        var ticks = new double[(int)Math.Clamp(last - first + 1, 0, 4 * count)];
        for (var i = 0; i < ticks.Length; i++)
            ticks[i] = (first + i) * step;
        return round ? new Scale(first * step, last * step, log: false, ticks) : new Scale(min, max, log: false, ticks);
    }

    private static Scale Logarithmic(double min, double max, int count)
    {
        if (max / min < 1.05)
            (min, max) = (min / 1.5, max * 1.5);
        var decades = Math.Log10(max / min);
        double[] mantissas = decades < 0.7 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : decades < 2.2 ? [1, 2, 5] : [1];
        var every = Math.Max(1, (int)Math.Ceiling(decades / Math.Max(1, count + 1)));
        var ticks = new List<double>();
        for (var exponent = (int)Math.Floor(Math.Log10(min)); exponent <= Math.Ceiling(Math.Log10(max)); exponent++)
        {
            foreach (var mantissa in mantissas)
            {
                var tick = mantissa * Math.Pow(10, exponent);
                if (exponent % every == 0 && tick >= min * 0.999 && tick <= max * 1.001)
                    ticks.Add(tick);
            }
        }

        return new Scale(min / Math.Pow(max / min, 0.03), max * Math.Pow(max / min, 0.03), log: true, [.. ticks]);
    }
}
