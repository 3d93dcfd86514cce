using Puzzle.Core.Search;

namespace Puzzle.Core.Tests.Search;

/// <summary>Libraries small enough to list every architecture, from a seed: the first variant of each layer is the parent's.</summary>
internal static class SmallLibrary
{
    public static PuzzleProblem Make(ulong seed, int layers, int variants, int[]? batches = null)
    {
        var random = new Random((int)seed);
        var items = new List<PuzzleItem>();
        for (var layer = 0; layer < layers; layer++)
        {
            for (var variant = 0; variant < variants; variant++)
            {
                var size = variant == 0 ? 1 : random.NextDouble();
                var costs = new Dictionary<string, double> { ["a"] = Math.Round(10 * size + 0.5 * random.NextDouble(), 3), ["b"] = Math.Round(5 * size + random.NextDouble(), 2), ["num_params"] = Math.Round(1000 * size) };
                foreach (var batch in batches ?? [])
                {
                    costs[$"runtime_ms@b{batch}"] = Math.Round((4 + batch) * size * (0.9 + 0.2 * random.NextDouble()), 4);
                    costs[$"memory_mib@b{batch}"] = Math.Round(3 * size + 0.2 * batch * (variant % 2 == 0 ? 1 : 0.25), 4);
                }

                items.Add(new PuzzleItem
                {
                    FirstLayer = layer,
                    Id = variant == 0 ? "gqa_4 + ffn_64" : $"gqa_{1 + variant % 2} + ffn_{64 - 8 * variant}",
                    IsParent = variant == 0,
                    Scores = new Dictionary<string, double> { ["kl_div"] = variant == 0 ? 0 : Math.Round((1 - size) * (0.5 + random.NextDouble()), 5) },
                    Costs = costs,
                });
            }
        }

        return new PuzzleProblem { LayerCount = layers, Items = items };
    }
}
