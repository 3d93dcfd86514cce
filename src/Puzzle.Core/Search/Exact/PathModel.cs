namespace Puzzle.Core.Search.Exact;

/// <summary>
/// What is left of a <see cref="ChoiceModel"/> after reductions, laid out as paths from position 0 to the last: an item leads
/// from its position to the one after the layers it covers. Layers may stand in any order as long as those that share
/// an item stay together.
/// </summary>
internal sealed class PathModel
{
    public required ChoiceModel Model { get; init; }

    /// <summary>Items at position p are Offset[p] .. Offset[p + 1].</summary>
    public required int[] Offset { get; init; }

    /// <summary>The item of the model behind each item here.</summary>
    public required int[] Item { get; init; }

    public required int[] Span { get; init; }

    public required double[] Value { get; init; }

    /// <summary>Coefficients by row of the model.</summary>
    public required double[][] Coefficient { get; init; }

    public int Positions => Offset.Length - 1;

    /// <summary>Lays out the items that are alive, layers in the given order.</summary>
    public static PathModel Of(ChoiceModel model, bool[] alive, int[] layerOrder)
    {
        var position = new int[model.LayerCount];
        for (var p = 0; p < layerOrder.Length; p++)
            position[layerOrder[p]] = p;
        var counts = new int[model.LayerCount + 1];
        for (var item = 0; item < model.ItemCount; item++)
            if (alive[item])
                counts[position[model.First[item]] + 1]++;
        for (var p = 0; p < model.LayerCount; p++)
            counts[p + 1] += counts[p];
        var offset = (int[])counts.Clone();
        var items = new int[counts[^1]];
        for (var item = 0; item < model.ItemCount; item++)
            if (alive[item])
                items[counts[position[model.First[item]]]++] = item;
        return new PathModel
        {
            Model = model,
            Offset = offset,
            Item = items,
            Span = Array.ConvertAll(items, item => model.Span[item]),
            Value = Array.ConvertAll(items, item => model.Value[item]),
            Coefficient = [.. model.Rows.Select(row => Array.ConvertAll(items, item => row.Coefficient[item]))],
        };
    }

    /// <summary>The groups of consecutive layers that items tie together, as (first, count), in the order of layers.</summary>
    public static List<(int First, int Count)> Segments(ChoiceModel model, bool[] alive)
    {
        var reach = new int[model.LayerCount];
        for (var item = 0; item < model.ItemCount; item++)
            if (alive[item])
                reach[model.First[item]] = Math.Max(reach[model.First[item]], model.First[item] + model.Span[item]);
        var segments = new List<(int, int)>();
        int start = 0, end = 0;
        for (var layer = 0; layer < model.LayerCount; layer++)
        {
            if (layer == end && layer > start)
            {
                segments.Add((start, layer - start));
                start = layer;
            }

            end = Math.Max(end, Math.Max(reach[layer], layer + 1));
        }

        if (model.LayerCount > start)
            segments.Add((start, model.LayerCount - start));
        return segments;
    }

    /// <summary>
    /// The least sum of weights from each position to the end: <c>[p]</c>; infinite where no path leads there.
    /// </summary>
    public double[] Tail(ReadOnlySpan<double> weight)
    {
        var tail = new double[Positions + 1];
        for (var p = Positions - 1; p >= 0; p--)
        {
            var best = double.PositiveInfinity;
            for (var i = Offset[p]; i < Offset[p + 1]; i++)
                best = Math.Min(best, weight[i] + tail[p + Span[i]]);
            tail[p] = best;
        }

        return tail;
    }

    /// <summary>The least sum of weights from the start to each position.</summary>
    public double[] Head(ReadOnlySpan<double> weight)
    {
        var head = new double[Positions + 1];
        head.AsSpan(1).Fill(double.PositiveInfinity);
        for (var p = 0; p < Positions; p++)
            for (var i = Offset[p]; i < Offset[p + 1]; i++)
                head[p + Span[i]] = Math.Min(head[p + Span[i]], head[p] + weight[i]);
        return head;
    }

    /// <summary>A bound on the sum of absolute weights along any path: what rounding errors scale with.</summary>
    public double Magnitude(ReadOnlySpan<double> weight)
    {
        var sum = 0.0;
        for (var p = 0; p < Positions; p++)
        {
            var largest = 0.0;
            for (var i = Offset[p]; i < Offset[p + 1]; i++)
                largest = Math.Max(largest, Math.Abs(weight[i]));
            sum += largest;
        }

        return sum;
    }
}
