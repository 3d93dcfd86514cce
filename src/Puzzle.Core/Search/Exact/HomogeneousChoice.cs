namespace Puzzle.Core.Search.Exact;

/// <summary>Homogeneous mode: the same variant in all layers. There are only as many candidates as variants, so all are tried.</summary>
internal static class HomogeneousChoice
{
    /// <summary>The best choice in which all items that could have been something else have one id.</summary>
    public static ChoiceResult Best(IReadOnlyList<PuzzleItem> items, ChoiceModel model, double cutoff)
    {
        ChoiceResult? best = null;
        var pinned = Enumerable.Range(0, items.Count).ToLookup(item => items[item].FirstLayer)
            .Where(layer => layer.Count() == 1).Select(layer => layer.First()).ToHashSet();
        foreach (var id in items.Where((_, i) => !pinned.Contains(i)).Select(item => item.Id).DefaultIfEmpty(items.Count > 0 ? items[0].Id : "").Distinct())
        {
            var subset = Enumerable.Range(0, items.Count).Where(item => items[item].Id == id || pinned.Contains(item)).ToArray();
            var small = new ChoiceModel
            {
                LayerCount = model.LayerCount,
                First = Array.ConvertAll(subset, item => model.First[item]),
                Span = Array.ConvertAll(subset, item => model.Span[item]),
                Value = Array.ConvertAll(subset, item => model.Value[item]),
                Rows = [.. model.Rows.Select(row => new ModelRow { Name = row.Name, Coefficient = Array.ConvertAll(subset, item => row.Coefficient[item]), Lower = row.Lower, Upper = row.Upper })],
            };
            var result = ChoiceModelSolver.Solve(small, cutoff: best?.Objective ?? cutoff);
            if (result.Items is not null)
                best = result with { Items = Array.ConvertAll(result.Items, item => subset[item]), RowPrices = [], RelaxationBound = result.Objective };
        }

        return best ?? new ChoiceResult(null, true, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, []);
    }
}
