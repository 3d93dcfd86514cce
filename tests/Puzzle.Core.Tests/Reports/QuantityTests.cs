using CsCheck;
using Puzzle.Core.Reports;

namespace Puzzle.Core.Tests.Reports;

public class QuantityTests
{
    [Fact]
    public void NumbersReadAsPeopleWriteThem()
    {
        Assert.Equal("98.7\u00A0%", Quantity.Percent(0.987));
        Assert.Equal("−1.7\u00A0%", Quantity.Signed(-0.017));
        Assert.Equal("2.24×", Quantity.Times(2.2431));
        Assert.Equal("134.5\u00A0M", Quantity.Count(134_515_008));
        Assert.Equal("9,999", Quantity.Count(9_999));
        Assert.Equal("1.50\u00A0GiB", Quantity.Mib(1536));
        Assert.Equal("9\u00A0min 12\u00A0s", Quantity.Duration(552));
        Assert.Equal("1\u00A0h 25\u00A0min", Quantity.Duration(5123));
        Assert.Equal("1\u00A0min 0\u00A0s", Quantity.Duration(59.96));
        Assert.Equal("–", Quantity.Number(double.NaN));
        Assert.Equal("0.112", Quantity.Number(0.112));
    }

    [Fact]
    public void TicksAreRoundAscendingAndEncloseTheData() =>
        Gen.Select(Gen.Double[-1e9, 1e9], Gen.Double[-6, 9], Gen.Bool).Sample((start, size, round) =>
        {
            var end = start + Math.Pow(10, size);
            var scale = Scale.Over([start, end], 5, round: round);
            var spread = scale.Ticks.Zip(scale.Ticks.Skip(1), (a, b) => b - a).ToList();
            return scale.Ticks.Count is >= 2 and <= 20
                && spread.TrueForAll(s => s > 0 && Math.Abs(s / spread[0] - 1) < 1e-3)
                && (!round || scale.Ticks[0] <= start + 1e-6 * (end - start) && scale.Ticks[^1] >= end - 1e-6 * (end - start))
                && scale.At(start) < scale.At(end);
        });

    [Fact]
    public void LogarithmicTicksAscendInsideTheAxis() =>
        Gen.Select(Gen.Double[-12, 12], Gen.Double[0.01, 14]).Sample((start, decades) =>
        {
            var scale = Scale.Over([Math.Pow(10, start), Math.Pow(10, start + decades)], 5, log: true);
            return scale.Ticks.Count <= 20 && scale.Ticks.Zip(scale.Ticks.Skip(1)).All(p => p.First < p.Second) && scale.Ticks.All(t => scale.At(t) is > 0 and < 1);
        });

    [Theory]
    [InlineData(0, 1, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 12, "0.0 2.5 5.0 7.5 10.0 12.5")]
    [InlineData(0.31, 1.2, "0.2 0.4 0.6 0.8 1.0 1.2")]
    [InlineData(0, 48_000, "0 10k 20k 30k 40k 50k")]
    public void TickLabelsHaveTheDecimalsTheyNeed(double start, double end, string expected)
    {
        var scale = Scale.Over([start, end]);
        Assert.Equal(expected, string.Join(' ', scale.Ticks.Select(scale.Label)));
    }

    [Fact]
    public void DifferenceRebuildsBothTexts() =>
        Gen.Select(Gen.Char["ab\n"].Array[0, 30], Gen.Char["ab\n"].Array[0, 30]).Sample((x, y) =>
        {
            var (a, b) = (new string(x).TrimEnd('\n'), new string(y).TrimEnd('\n'));
            var lines = LineDiff.Between(a, b);
            return string.Join('\n', lines.Where(l => l.Change != LineChange.Added).Select(l => l.Line)) == a
                && string.Join('\n', lines.Where(l => l.Change != LineChange.Cut).Select(l => l.Line)) == b;
        });
}
