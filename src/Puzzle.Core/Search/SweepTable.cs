using System.Globalization;
using System.Text;

namespace Puzzle.Core.Search;

/// <summary>A Pareto front as table, CSV and plot.</summary>
public sealed class SweepTable
{
    private readonly IReadOnlyList<SweepPoint> _front;
    private readonly string _over;
    private readonly string _objective;

    /// <param name="front">The points.</param>
    /// <param name="query">Says what was made best.</param>
    /// <param name="over">The swept quantity.</param>
    public SweepTable(IReadOnlyList<SweepPoint> front, SearchQuery query, string over)
    {
        (_front, _over, _objective) = (front, LimitQuantity.Bare(over), LimitQuantity.Bare(query.Objective.Name));
        var unit = LimitQuantity.Of(over).Unit is { Length: > 0 } known ? $" ({known})" : "";
        var stats = front.Count == 0 ? [] : front[0].Solution.Costs.Keys.Where(stat => !stat.Contains('@')).ToArray();
        var scenarios = front.Count == 0 ? [] : front[0].Solution.Batches.Keys.ToArray();
        Columns = [$"{_over} bound{unit}", $"{_over}{unit}", _objective, "gap", .. scenarios.Select(scenario => scenario.Length > 0 ? $"batch of {scenario}" : "batch"), .. stats.Where(stat => stat != _over)];
        KeyColumns = 4 + scenarios.Length;
        Rows = [.. front.Select(point => (IReadOnlyList<double?>)
        [
            point.Bound, point.Reached, point.Solution.Objective, point.Solution.Gap,
            .. scenarios.Select(scenario => (double?)point.Solution.Batches[scenario]),
            .. stats.Where(stat => stat != _over).Select(stat => point.Solution.Costs.TryGetValue(stat, out var cost) ? cost : (double?)null),
        ])];
    }

    /// <summary>Heads of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>How many of the columns, the first ones, are not stats: bound, reach, objective, gap, batches.</summary>
    public int KeyColumns { get; }

    /// <summary>Cells; null where a point has no such number.</summary>
    public IReadOnlyList<IReadOnlyList<double?>> Rows { get; }

    /// <summary>The table with a head line, numbers in full.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder().AppendJoin(',', Columns.Select(column => column.Contains(',') ? $"\"{column}\"" : column)).Append('\n');
        foreach (var row in Rows)
            text.AppendJoin(',', row.Select(cell => cell?.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        return text.ToString();
    }

    /// <summary>The front as a picture.</summary>
    public string ToSvg(int width = 800, int height = 500)
    {
        using var plot = new ScottPlot.Plot();
        var line = plot.Add.ScatterLine(_front.Select(point => point.Reached).ToArray(), _front.Select(point => point.Solution.Objective).ToArray());
        line.MarkerSize = 5;
        line.LineWidth = 1.5f;
        plot.XLabel(Columns[1]);
        plot.YLabel($"{_objective}, sum over layers");
        plot.Title($"{_objective} against {_over}, {_front.Count} proven points".Replace("proven ", _front.All(point => point.Solution.Status == SolveStatus.Optimal) ? "proven " : ""));
        return plot.GetSvgXml(width, height);
    }
}
