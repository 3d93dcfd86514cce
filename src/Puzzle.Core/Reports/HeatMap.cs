namespace Puzzle.Core.Reports;

/// <summary>Scores of all variants in all layers: a row a variant, a column a layer, log colour scale; the solver's choice is framed.</summary>
internal static class HeatMap
{
    private const int RowHeight = 20;
    private const int Steps = 9;

    /// <summary>The map with its colour key. <paramref name="layers"/> tells which variant the child took.</summary>
    public static Markup Render(ScoreMap scores, IReadOnlyList<LayerKept>? layers)
    {
        var columns = scores.Values.Count == 0 ? 0 : scores.Values.Max(row => row.Count);
        // The parent's own variants score zero, or rounding's noise: they would stretch the scale over decades that say nothing.
        var parents = (layers ?? []).SelectMany(l => new[] { l.ParentAttention, l.ParentFeedForward }).ToHashSet(StringComparer.Ordinal);
        var others = scores.Values.Where((_, r) => r >= scores.Variants.Count || !parents.Contains(scores.Variants[r])).ToList();
        var drawable = (others.Count > 0 ? others : scores.Values).SelectMany(row => row).Where(v => v is { } value && Scale.Drawable(value, log: true)).Select(v => v!.Value).ToList();
        var html = new Markup();
        if (columns == 0 || drawable.Count == 0)
            return html.Add($"<p class=\"empty\">No scores to draw.</p>");

        var (low, high) = (drawable.Min(), drawable.Max());
        var rows = Math.Min(scores.Variants.Count, scores.Values.Count);
        var top = new double[rows + 1]; // of every row; a gap lies between attention and feed-forward
        for (var r = 1; r <= rows; r++)
            top[r] = top[r - 1] + RowHeight + (r < rows && IsFeedForward(scores.Variants[r]) != IsFeedForward(scores.Variants[r - 1]) ? 7 : 0);

        html.Add($"<div class=\"heat\"><svg class=\"map\" width=\"100%\" height=\"{top[rows] + 24}\" role=\"img\" aria-label=\"{$"{scores.Metric} of {rows} variants in {columns} layers, from {Quantity.Number(low)} to {Quantity.Number(high)}"}\">");
        var pitch = 100.0 / columns;
        var chosen = layers?.GroupBy(l => l.Layer).ToDictionary(g => g.Key, g => g.First());
        var frames = new Markup();
        for (var r = 0; r < rows; r++)
        {
            var id = scores.Variants[r];
            var shown = id.Length <= 15 ? id : id[..14] + "…";
            html.Add($"<text class=\"tick y\" x=\"-8\" y=\"{top[r] + 14}\">{shown}{Title(id, shown)}</text>");
            for (var layer = 0; layer < scores.Values[r].Count; layer++)
            {
                var value = scores.Values[r][layer];
                var taken = chosen?.GetValueOrDefault(layer) is { } l && (l.Attention == id || l.FeedForward == id);
                var step = value is not { } v || !Scale.Drawable(v) ? "none" : v <= low ? "h0"
                    : "h" + (int)Math.Clamp(Math.Log(v / low) / Math.Log(high / low) * Steps, 0, Steps - 1);
                var hover = $"Layer {layer}, {id}: {Quantity.Number(value)}{(taken ? ", chosen" : "")}";
                html.Add($"<rect class=\"{step}\" x=\"{layer * pitch}%\" y=\"{top[r]}\" width=\"{pitch}%\" height=\"{RowHeight - 1}\"><title>{hover}</title></rect>");
                if (taken)
                    frames.Add($"<rect class=\"chosen\" x=\"{layer * pitch + pitch * 0.06}%\" y=\"{top[r] + 1.5}\" width=\"{pitch * 0.88}%\" height=\"{RowHeight - 4}\" rx=\"2\"><title>{hover}</title></rect>");
            }
        }

        html.Add($"{frames}");
        for (var layer = 0; layer < columns; layer += columns <= 24 ? 1 : 5)
            html.Add($"<text class=\"tick{(columns > 12 && layer % (columns > 24 ? 10 : 4) != 0 ? " wide" : "")}\" x=\"{(layer + 0.5) * pitch}%\" y=\"{top[rows] + 16}\">{layer}</text>");
        html.Add($"</svg></div><div class=\"heat-key\"><span>{Quantity.Number(low)}</span><svg width=\"126\" height=\"10\" aria-hidden=\"true\">");
        for (var i = 0; i < Steps; i++)
            html.Add($"<rect class=\"{"h" + i}\" x=\"{14 * i}\" y=\"0\" width=\"14\" height=\"10\" />");
        html.Add($"</svg><span>{Quantity.Number(high)}</span><span class=\"muted\">{scores.Metric}, log scale</span>");
        return html.Add($"<span class=\"key-chosen\"><svg width=\"16\" height=\"12\" aria-hidden=\"true\"><rect class=\"chosen\" x=\"1\" y=\"1\" width=\"14\" height=\"10\" rx=\"2\" /></svg> chosen</span></div>");
    }

    private static bool IsFeedForward(string id) => id.StartsWith("ffn", StringComparison.Ordinal);

    private static Markup Title(string id, string shown) => shown == id ? new Markup() : new Markup().Add($"<title>{id}</title>");
}
