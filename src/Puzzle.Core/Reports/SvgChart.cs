namespace Puzzle.Core.Reports;

/// <summary>
/// A line or point chart as inline SVG that follows the page: colours are CSS classes (s0 to s7), and it stretches with its
/// column while text keeps its size. For that, everything is placed in percent of the plot's box; only the lines lie in a
/// nested viewport that stretches, with strokes that do not. Axis labels lie in the margins that the style sheet leaves.
/// </summary>
internal sealed class SvgChart
{
    private const int MaxPoints = 400;
    private const int NarrowPlot = 320;    // px: the plot's width on a telephone, where label collisions are worst
    private const int WidePlot = 500;
    private readonly List<Line> _lines = [];
    private readonly List<Dot> _dots = [];

    /// <summary>What the chart shows, read out by screen readers.</summary>
    public required string Title { get; init; }

    /// <summary>Below the horizontal axis.</summary>
    public required string XName { get; init; }

    /// <summary>Above the vertical axis.</summary>
    public required string YName { get; init; }

    /// <summary>Height of the plot in px, margins not included.</summary>
    public int Height { get; init; } = 230;

    /// <summary>Logarithmic vertical axis.</summary>
    public bool LogY { get; init; }

    /// <summary>Both axes logarithmic.</summary>
    public bool LogX { get; init; }

    /// <summary>Axes begin at zero.</summary>
    public bool XFromZero { get; init; }

    /// <summary>The vertical axis begins at zero.</summary>
    public bool YFromZero { get; init; }

    /// <summary>Vertical values are shares: ticks in percent.</summary>
    public bool YPercent { get; init; }

    /// <summary>Draws the line y = x.</summary>
    public bool Diagonal { get; init; }

    /// <summary>Vertical bands behind the plot: start, end, name.</summary>
    public IReadOnlyList<(double Start, double End, string Name)> Bands { get; init; } = [];

    /// <summary>Adds a line; <paramref name="style"/> is a constant of ours: a colour class, with <c>area</c>, <c>faint</c> or <c>dashed</c>.</summary>
    public void AddLine(string name, IEnumerable<(double X, double Y)> points, string style) => _lines.Add(new Line(name, [.. points], style));

    /// <summary>Adds a point with a hover text; a label is drawn where there is room.</summary>
    public void AddDot(double x, double y, string style, string hover, string? label = null) => _dots.Add(new Dot(x, y, style, hover, label));

    /// <summary>The chart, or a sentence where there is nothing to draw.</summary>
    public Markup Render()
    {
        bool Drawable((double X, double Y) p) => Scale.Drawable(p.X, LogX) && Scale.Drawable(p.Y, LogY);
        var lines = _lines.Select(l => l with { Points = Thin([.. l.Points.Where(Drawable)], _lines.Count > 12 ? 80 : MaxPoints) }).Where(l => l.Points.Count > 0).ToList();
        var dots = _dots.Where(d => Drawable((d.X, d.Y))).ToList();
        if (lines.Count == 0 && dots.Count == 0)
            return new Markup().Add($"<p class=\"empty\">No finite values to draw.</p>");

        var xs = lines.SelectMany(l => l.Points.Select(p => p.X)).Concat(dots.Select(d => d.X)).Concat(Bands.SelectMany(b => new[] { b.Start, b.End }));
        var ys = lines.SelectMany(l => l.Points.Select(p => p.Y)).Concat(dots.Select(d => d.Y));
        if (Diagonal)
            xs = ys = xs.Concat(ys).ToList();
        var x = Scale.Over(xs, 5, LogX, XFromZero, round: dots.Count > 0);
        var y = Scale.Over(ys, 5, LogY, YFromZero);

        var html = new Markup();
        html.Add($"<div class=\"chart\"><p class=\"axis-name\">{YName}</p><svg class=\"plot\" height=\"{Height}\" role=\"img\" aria-label=\"{Title}\"><title>{Title}</title>");
        DrawFrame(html, x, y);
        if (lines.Count > 0 || Diagonal)
        {
            html.Add($"<svg width=\"100%\" height=\"100%\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" class=\"lines\">");
            if (Diagonal)
                html.Add($"<path class=\"diagonal\" d=\"M0 1000L1000 0\" />");
            foreach (var line in lines)
                DrawLine(html, line, x, y);
            html.Add($"</svg>");
        }

        DrawDots(html, dots, x, y);
        return html.Add($"</svg><p class=\"axis-name x\">{XName}</p></div>");
    }

    /// <summary>A legend: one swatch a series.</summary>
    public static Markup Legend(IEnumerable<(string Name, string Style)> entries)
    {
        var html = new Markup().Add($"<ul class=\"legend\">");
        foreach (var (name, style) in entries)
            html.Add($"<li><i class=\"{style}\"></i>{name}</li>");
        return html.Add($"</ul>");
    }

    private void DrawFrame(Markup html, Scale x, Scale y)
    {
        for (var i = 0; i < Bands.Count; i++)
        {
            var (start, end, name) = Bands[i];
            var (from, to) = (100 * x.At(start), 100 * x.At(end));
            html.Add($"<rect class=\"band{(i % 2 == 0 ? "" : " odd")}\" x=\"{from}%\" y=\"0\" width=\"{Math.Max(0, to - from)}%\" height=\"100%\"><title>{name}</title></rect>");
            if (to - from >= 2.1 * name.Length)
                html.Add($"<text class=\"band-name{(to - from >= 3 * name.Length ? "" : " wide")}\" x=\"{(from + to) / 2}%\" y=\"14\">{name}</text>");
        }

        foreach (var tick in y.Ticks)
        {
            var at = 100 - 100 * y.At(tick);
            var label = YPercent ? Quantity.Percent(tick, y.Ticks.Count > 1 && y.Ticks[1] - y.Ticks[0] < 0.0099 ? 1 : 0) : y.Label(tick);
            html.Add($"<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{at}%\" y2=\"{at}%\" /><text class=\"tick y\" x=\"-8\" y=\"{at}%\" dy=\"4\">{label}</text>");
        }

        html.Add($"<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"100%\" y2=\"100%\" />");
        foreach (var tick in x.Ticks)
            html.Add($"<text class=\"tick\" x=\"{100 * x.At(tick)}%\" y=\"100%\" dy=\"18\">{x.Label(tick)}</text>");
    }

    private static void DrawLine(Markup html, Line line, Scale x, Scale y)
    {
        var path = new Markup();
        for (var i = 0; i < line.Points.Count; i++)
        {
            var (px, py) = (1000 * x.At(line.Points[i].X), 1000 - 1000 * y.At(line.Points[i].Y));
            if (i == 0)
                path.Add($"M{Math.Round(px, 1)} {Math.Round(py, 1)}");
            else
                path.Add($"L{Math.Round(px, 1)} {Math.Round(py, 1)}");
        }

        if (line.Style.Contains("area", StringComparison.Ordinal))
            path.Add($"L{1000 * x.At(line.Points[^1].X)} 1000L{1000 * x.At(line.Points[0].X)} 1000Z");
        html.Add($"<path class=\"line {line.Style}\" d=\"{path}\"><title>{line.Name}</title></path>");
    }

    private void DrawDots(Markup html, List<Dot> dots, Scale x, Scale y)
    {
        foreach (var dot in dots)
            html.Add($"<circle class=\"dot {dot.Style}\" cx=\"{100 * x.At(dot.X)}%\" cy=\"{100 - 100 * y.At(dot.Y)}%\" r=\"{(dot.Style.Contains("small", StringComparison.Ordinal) ? 3 : 6)}\"><title>{dot.Hover}</title></circle>");

        // Greedy placement of labels, first as on a narrow screen: what fits there fits on a wider one too.
        var taken = new List<(double Left, double Top, double Right, double Bottom)>();
        foreach (var label in dots.Where(d => d.Label is not null).OrderByDescending(d => d.Style.Contains("strong", StringComparison.Ordinal)))
        {
            foreach (var (plot, style) in new[] { (NarrowPlot, ""), (WidePlot, " wide") })
            {
                (double Left, double Top, double Right, double Bottom) Box(Dot d, double left, double top, double width, double height) =>
                    (plot * x.At(d.X) + left, Height * (1 - y.At(d.Y)) + top, plot * x.At(d.X) + left + width, Height * (1 - y.At(d.Y)) + top + height);
                var length = 7.0 * label.Label!.Length;
                (string Anchor, double Dx, double Dy, double Left)[] places =
                    [("start", 10, 4, 10), ("end", -10, 4, -10 - length), ("middle", 0, -11, -length / 2), ("middle", 0, 21, -length / 2)];
                var found = false;
                foreach (var (anchor, dx, dy, left) in places)
                {
                    var box = Box(label, left, dy - 11, length, 15);
                    var blocked = box.Left < -4 || box.Right > plot + 12 || box.Top < -6 || box.Bottom > Height - 2
                        || taken.Exists(t => Overlap(t, box)) || dots.Exists(d => d != label && Overlap(Box(d, -6, -6, 12, 12), box));
                    if (blocked)
                        continue;
                    taken.Add(box);
                    html.Add($"<text class=\"label {label.Style}{style}\" x=\"{100 * x.At(label.X)}%\" y=\"{100 - 100 * y.At(label.Y)}%\" dx=\"{dx}\" dy=\"{dy}\" text-anchor=\"{anchor}\">{label.Label}</text>");
                    found = true;
                    break;
                }

                if (found)
                    break;
            }
        }
    }

    private static bool Overlap((double Left, double Top, double Right, double Bottom) a, (double Left, double Top, double Right, double Bottom) b) =>
        a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom;

    // Long series are thinned to the lowest and highest point of each bucket: spikes stay visible.
    private static List<(double X, double Y)> Thin(List<(double X, double Y)> points, int limit)
    {
        if (points.Count <= limit)
            return points;
        var (kept, buckets) = (new List<(double X, double Y)>(limit), limit / 2);
        for (var b = 0; b < buckets; b++)
        {
            var (from, to) = ((int)((long)points.Count * b / buckets), (int)((long)points.Count * (b + 1) / buckets));
            var (low, high) = (from, from);
            for (var i = from; i < to; i++)
            {
                low = points[i].Y < points[low].Y ? i : low;
                high = points[i].Y > points[high].Y ? i : high;
            }

            kept.Add(points[Math.Min(low, high)]);
            if (low != high)
                kept.Add(points[Math.Max(low, high)]);
        }

        return kept;
    }

    private sealed record Line(string Name, List<(double X, double Y)> Points, string Style);

    private sealed record Dot(double X, double Y, string Style, string Hover, string? Label);
}
