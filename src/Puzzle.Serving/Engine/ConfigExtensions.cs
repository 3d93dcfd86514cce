using Puzzle.Core.Models;

namespace Puzzle.Serving.Engine;

/// <summary>What the engine asks of an architecture.</summary>
internal static class ConfigExtensions
{
    /// <summary>The largest number of KV heads; 0 where there is no attention, or no layer at all.</summary>
    public static int MaxKvHeadsOrZero(this ModelConfig config) => config.Layers.Count == 0 ? 0 : config.MaxKvHeads;
}
