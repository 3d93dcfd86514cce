using System.Globalization;

namespace Puzzle.Core.Export;

/// <summary>What became of a model's linear feed-forward networks.</summary>
/// <param name="Networks">One a linear network.</param>
/// <param name="MeanKl">Divergence of the new model from the old on held-out text, in nats a token.</param>
public sealed record LinearReplacement(IReadOnlyList<ReplacedNetwork> Networks, double MeanKl)
{
    /// <summary>For a model card and for the terminal.</summary>
    public string Note() => string.Create(CultureInfo.InvariantCulture,
        $"The linear feed-forward networks of layers {string.Join(", ", Networks.Select(network => network.Layer))} became SwiGLU networks of width {Networks[0].Width} "
        + $"(normalised error {Networks.Max(network => network.Error):G3} at most on held-out text); the whole model is {MeanKl:G3} nats a token away from the child.");
}

/// <summary>A SwiGLU network in the place of a linear one.</summary>
/// <param name="Layer">Where.</param>
/// <param name="Width">Its width.</param>
/// <param name="StartError">Normalised error before it learned, on held-out text.</param>
/// <param name="Error">After.</param>
public sealed record ReplacedNetwork(int Layer, int Width, double StartError, double Error);
