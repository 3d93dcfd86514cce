namespace Puzzle.Core.Reports;

/// <summary>The child at a glance: a column a layer, a cell a subblock, filled and shaded by the share of the parent's parameters that is kept.</summary>
internal static class ArchitectureStrip
{
    private const int CellHeight = 54;
    private const int MaxColumns = 40;
    private const int AttentionTop = 22;
    private const int FeedForwardTop = AttentionTop + CellHeight + 30;

    /// <summary>The strip with its legend, a sentence that sums it up, and the same as a table to open.</summary>
    public static Markup Render(IReadOnlyList<LayerKept> layers)
    {
        var html = new Markup();
        html.Add($"<p class=\"lead\">{Describe(layers)}</p>");
        var rows = (layers.Count + MaxColumns - 1) / MaxColumns;
        var columns = (layers.Count + rows - 1) / Math.Max(1, rows);
        for (var start = 0; start < layers.Count; start += columns)
            Strip(html, [.. layers.Skip(start).Take(columns)], columns, layers.Count);
        html.Add($"<ul class=\"legend\"><li><i class=\"cell-key attention\"></i>attention kept</li><li><i class=\"cell-key ffn\"></i>feed-forward kept</li>");
        html.Add($"<li><i class=\"cell-key linear\"></i>one linear map</li><li><i class=\"cell-key gone\"></i>removed</li></ul>");

        html.Add($"<details><summary>Layer by layer</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Layer by layer\"><table><caption>What each layer became</caption>");
        html.Add($"<thead><tr><th scope=\"col\" class=\"n\">Layer</th><th scope=\"col\">Attention</th><th scope=\"col\" class=\"n\">kept</th><th scope=\"col\">Feed-forward</th><th scope=\"col\" class=\"n\">kept</th></tr></thead><tbody>");
        foreach (var l in layers)
        {
            html.Add($"<tr><th scope=\"row\" class=\"n\">{l.Layer}</th><td>{Change(l.ParentAttention, l.Attention)}</td><td class=\"n\">{Quantity.Percent(l.AttentionKept, 0)}</td>");
            html.Add($"<td>{Change(l.ParentFeedForward, l.FeedForward)}</td><td class=\"n\">{Quantity.Percent(l.FeedForwardKept, 0)}</td></tr>");
        }

        return html.Add($"</tbody></table></div></details>");
    }

    /// <summary>From what to what, or one id when nothing changed.</summary>
    public static string Change(string parent, string child) => parent == child ? child : $"{parent} → {child}";

    private static string Describe(IReadOnlyList<LayerKept> layers)
    {
        string Part(string name, Func<LayerKept, (string Parent, string Child)> ids)
        {
            var pairs = layers.Select(ids).ToList();
            var removed = pairs.Count(p => IsRemoved(p.Child));
            var linear = pairs.Count(p => IsLinear(p.Child));
            var whole = pairs.Count(p => p.Parent == p.Child);
            var counts = new[] { (whole, "whole"), (pairs.Count - whole - linear - removed, "smaller"), (linear, "linear"), (removed, "removed") };
            return $"{name}: {string.Join(", ", counts.Where(c => c.Item1 > 0).Select(c => $"{c.Item1} {c.Item2}"))}";
        }

        return $"{layers.Count} layers. {Part("Attention", l => (l.ParentAttention, l.Attention))}. {Part("Feed-forward", l => (l.ParentFeedForward, l.FeedForward))}.";
    }

    private static void Strip(Markup html, LayerKept[] layers, int columns, int total)
    {
        html.Add($"<svg class=\"strip\" width=\"100%\" height=\"{FeedForwardTop + CellHeight + 22}\" role=\"img\" aria-label=\"{$"Layers {layers[0].Layer} to {layers[^1].Layer}: share of every subblock that is kept"}\">");
        html.Add($"<text class=\"row-name\" x=\"0\" y=\"{AttentionTop - 8}\">Attention</text><text class=\"row-name\" x=\"0\" y=\"{FeedForwardTop - 8}\">Feed-forward</text>");
        var gap = 8.0 / columns;
        var width = (100 - gap * (columns - 1)) / columns;
        var pitch = width + gap;
        var text = total <= 8 ? "" : total <= 16 ? "wide" : total <= MaxColumns ? "wide" : "widest";
        for (var i = 0; i < layers.Length; i++)
        {
            var layer = layers[i];
            Cell(html, i * pitch, width, AttentionTop, "attention", layer.Layer, layer.ParentAttention, layer.Attention, layer.AttentionKept, total <= 16, text);
            Cell(html, i * pitch, width, FeedForwardTop, "ffn", layer.Layer, layer.ParentFeedForward, layer.FeedForward, layer.FeedForwardKept, total <= 16, text);
            if (columns <= 20 || i % 5 == 0)
                html.Add($"<text class=\"tick{(columns > 20 && i % 10 != 0 || columns is > 12 and <= 20 && i % 2 != 0 ? " wide" : "")}\" x=\"{i * pitch + width / 2}%\" y=\"{FeedForwardTop + CellHeight + 17}\">{layer.Layer}</text>");
        }

        html.Add($"</svg>");
    }

    private static void Cell(Markup html, double x, double width, int top, string kind, int layer, string parent, string child, double kept, bool ids, string text)
    {
        var share = double.IsFinite(kept) ? Math.Clamp(kept, 0, 1) : 0;
        var (removed, linear) = (IsRemoved(child), IsLinear(child));
        var fill = removed ? 0 : Math.Max(2, CellHeight * share);
        var name = kind == "ffn" ? "feed-forward" : "attention";
        html.Add($"<g class=\"cell {kind}{(removed ? " gone" : linear ? " linear" : "")}\"><title>{$"Layer {layer}, {name}: {Change(parent, child)}, {Quantity.Percent(kept, 0)} of its parameters kept"}</title>");
        html.Add($"<rect class=\"whole\" x=\"{x}%\" y=\"{top}\" width=\"{width}%\" height=\"{CellHeight}\" rx=\"3\" />");
        if (fill > 0)
            html.Add($"<rect class=\"kept\" x=\"{x}%\" y=\"{top + CellHeight - fill}\" width=\"{width}%\" height=\"{fill}\" rx=\"3\" fill-opacity=\"{0.55 + 0.45 * share}\" />");
        var label = removed ? "×" : ids ? child : share < 0.995 ? Quantity.Percent(share, 0)[..^2] : "";
        if (label.Length is > 0 and <= 10)
        {
            // Inside the fill where it is tall, else in the empty part above it.
            var y = removed ? top + CellHeight / 2 + 5 : share > 0.7 ? top + CellHeight - 8 : top + 14;
            html.Add($"<text class=\"{(removed ? "cross" : share > 0.7 ? "on-fill" : "on-empty")} {text}\" x=\"{x + width / 2}%\" y=\"{y}\">{label}</text>");
        }

        html.Add($"</g>");
    }

    private static bool IsRemoved(string id) => id.Contains("no_op", StringComparison.Ordinal);

    private static bool IsLinear(string id) => id.Contains("linear", StringComparison.Ordinal);
}
